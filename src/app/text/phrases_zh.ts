/** In Chinese, by its id, whatever the engine, a link or a file says (words/phrase.ts). */
export const PHRASES: Readonly<Record<string, string>> = {
  "The files can't be read: {0}.": '无法读取这些文件：{0}。',
  'Without a trace {0} drew other tokens: a fault of the lab; please report it.':
    '不记录时间线时，{0} 抽取了不同的词元：这是实验室的错误，请报告。',
  'a Chrome trace': 'Chrome 跟踪文件',
  'a character is not in UTF-8': '有字符不是 UTF-8 编码',
  'a control character (U+{0}) must be escaped within a text': '文本中的控制字符（U+{0}）必须转义',
  'a heap snapshot': '堆快照',
  "a model's config.json": '模型的 config.json',
  'a network log': '网络日志',
  'a run of this lab': '本实验室的运行文件',
  'a tokenizer.json': '分词器文件 tokenizer.json',
  'a tokenizer_config.json': '分词器设置 tokenizer_config.json',
  'an execution trace or a graph': '执行跟踪或计算图',
  'brackets are nested more than {0} deep': '括号嵌套超过 {0} 层',
  'trying how quick this GPU is': '正在测试此 GPU 的速度',
  'No untrained model of this shape fits this GPU on so many devices; choose more devices.':
    '在这么多设备上，此形状的未训练模型都放不进这块 GPU；请选用更多设备。',
  'finding the quickest kernels for this GPU': '正在为此 GPU 寻找最快的内核',
  'it should begin with { or [': '它应以 { 或 [ 开头',
  'something is missing or too much': '此处缺少或多出了内容',
  "the index of a checkpoint's weights": '检查点权重的索引',
  '{0} ({1})': '{0}（{1}）',
  Regular: '常规',
  'FarSkip, attention alone': 'FarSkip，仅注意力',
  'FarSkip, MLP alone': 'FarSkip，仅 MLP',
  'FarSkip, last half of the layers': 'FarSkip，后一半层',
  'FarSkip, last layers': 'FarSkip，最后几层',
  'FarSkip, first layers': 'FarSkip，最前几层',
  'Ladder Residual': '梯形残差（Ladder Residual）',
  'A buffer of {0} bytes is needed, but this GPU binds at most {1}; use fewer tokens or more devices.':
    '需要一个 {0} 字节的缓冲区，但此 GPU 最多绑定 {1} 字节；请减少词元或增加设备。',
  'A file could not be read to its end ({0}); try again.': '有一个文件未能读完（{0}）；请重试。',
  'A link between nodes needs a bandwidth within them; set the wire by bandwidth (--link GBPS,US), not by ratio.':
    '节点之间的链路需要节点内有给定带宽；请按带宽设置链路（--link GBPS,US），而不要用比值。',
  'A link between nodes, jitter or a slow device need a bandwidth within the nodes; set the wire by bandwidth (--link GBPS,US).':
    '节点间链路、抖动或慢设备都需要节点内有给定带宽；请按带宽设置链路（--link GBPS,US）。',
  'A model {0} is kept already; delete it or take another name.': '已保存有名为 {0} 的模型；请删除它或换一个名称。',
  'A prompt needs at least one token; write some text.': '提示词至少需要一个词元；请输入一些文本。',
  'Stopped after {0}.': '在完成{0}后停止。',
  'The GPU was lost after {0}.': '在完成{0}后，GPU 丢失。',
  '{0} Press Run to open it again.': '{0}请按“运行”重新打开它。',
  "{0} can't be read; check that the file is still there.": '无法读取 {0}；请确认文件仍在。',
  '{0} has no times of its {1} kernels: the profiler lost them.': '{0} 的 {1} 个内核都没有时间：分析器把它们丢失了。',
  '{0} has {1} kernels; the page draws at most {2}. “npm run lab -- overlap” tells the overlap of more.':
    '{0} 有 {1} 个内核；页面最多绘制 {2} 个。更多的内核可用“npm run lab -- overlap”得知重叠。',
  '{0} is cut short: it ends within an event, at line {1}; copy or write it again.':
    '{0} 被截断：它在第 {1} 行的一个事件中间结束；请重新复制或写出。',
  '{0} is empty; it should be a Chrome trace.': '{0} 是空的；它应是 Chrome 跟踪文件。',
  '{0} is not JSON at line {1}, character {2}: {3}.': '{0} 在第 {1} 行第 {2} 个字符处不是 JSON：{3}。',
  '{0} is {1}, not a Chrome trace; a trace is a list of events, or an object with traceEvents.':
    '{0} 是{1}，不是 Chrome 跟踪文件；跟踪文件是事件列表，或含 traceEvents 的对象。',
  '{0} of {1} repeats': ' {1} 次重复中的 {0} 次',
  'repeat {0}, before the intervals were narrow': '第 {0} 次重复（区间尚未足够窄）',
  '{0} of {1} points': ' {1} 个点中的 {0} 个',
  '{0} of {1} models': ' {1} 个模型中的 {0} 个',
  '{0} of {1} tokens': ' {1} 个词元中的 {0} 个',
  'A run of {0} kernels is more than can be timed; use fewer devices or layers.':
    '一次运行有 {0} 个内核，多得无法计时；请减少设备或层数。',
  "Attention values of {0} columns can't be computed here; at most {1} can.":
    '此处无法计算 {0} 列的注意力值；最多 {1} 列。',
  'Balanced routing can be forced for untrained models only: a trained one needs its own.':
    '只有未训练的模型可以强制均衡路由：训练过的模型需要它自己的路由。',
  "Instella-MoE's gated attention and router in DeepSeek-V2-Lite's proportions":
    'Instella-MoE 的门控注意力与路由器，按 DeepSeek-V2-Lite 的比例',
  'it has a span of operation {0}, which it does not list': '其中有操作 {0} 的区段，但文件没有列出该操作',
  'Keeping {0}: {1} of {2}': '正在存入 {0}：{1} / {2}',
  'No files were handed over; choose or drop a checkpoint folder first.': '没有收到文件；请先选择或拖入检查点文件夹。',
  'No model {0} is kept in this browser; drop its files on the page again.':
    '此浏览器中没有保存模型 {0}；请重新把它的文件拖到页面上。',
  'No run is on show.': '当前没有显示任何运行。',
  'Prompt and continuation have {0} tokens, but the model reads at most {1}; ask for fewer.':
    '提示词与续写共 {0} 个词元，但模型最多读取 {1} 个；请减少数量。',
  'Reference: DeepSeek-V2 architecture, 5 layers, 16 experts, 2.0 M parameters':
    '参考模型：DeepSeek-V2 架构，5 层，16 个专家，2.0 M 参数',
  'RoPE needs an even number of columns a head, found {0}': 'RoPE 要求每个头的列数为偶数，实际为 {0}',
  'RoPE of type {0} needs {1}': '{0} 类型的 RoPE 需要 {1}',
  'Sequence {0} has no room left: its cache holds {1} tokens.': '序列 {0} 已没有空间：它的缓存容纳 {1} 个词元。',
  'Stopped.': '已停止。',
  'Tensor {0} is in {1} and in another file too.': '张量 {0} 既在 {1} 中，也在另一个文件中。',
  'Tensor {0} is {1}; I32 or I64 is needed.': '张量 {0} 是 {1} 类型；需要 I32 或 I64。',
  'Tensor {0} is {1}; a floating-point type is needed.': '张量 {0} 是 {1} 类型；需要浮点类型。',
  'Tensor {0} should be [{1}], but the checkpoint has [{2}].': '张量 {0} 应为 [{1}]，但检查点中是 [{2}]。',
  "The FarSkip keys can't be read: {0}.": '无法读取 FarSkip 的键：{0}。',
  'The GPU device was lost ({0}); press Run to open it again.': 'GPU 设备已丢失（{0}）；请按“运行”重新打开。',
  'The GPU refused a command ({0}); use fewer tokens or a smaller model.':
    'GPU 拒绝了一条命令（{0}）；请减少词元或使用更小的模型。',
  'The architecture {0} is not known here; known are {1} and {2}.': '此处不认识架构 {0}；认识的有 {1} 和 {2}。',
  "Attention keys of {0} columns can't be trained here; at most {1} can.":
    '注意力键有 {0} 列，无法在此训练；至多 {1} 列。',
  "This run needs {0} on {1} devices together (weights {2}, caches, an optimizer's averages and sums of gradients {3}, values on the way {4}), which this GPU did not have; use fewer tokens or a smaller model.":
    '此次运行在 {1} 台设备上共需 {0}（权重 {2}，缓存、优化器的平均值与梯度之和 {3}，中间值 {4}），而此 GPU 没有这么多；请减少词元，或选用更小的模型。',
  'A value of this run ({0}) needs a buffer of {1} on a device, but this GPU binds at most {2}; use fewer tokens or a smaller model.':
    '此次运行的一个值（{0}）在一台设备上需要 {1} 的缓冲区，而此 GPU 最多绑定 {2}；请减少词元，或选用更小的模型。',
  'A prefill has no backward pass to compute layers again for; leave that out, or measure a backward pass.':
    '预填充没有需要重新计算各层的反向过程；请去掉该设置，或测量反向过程。',
  'Only a training step updates weights; leave shards out, or measure a step.':
    '只有训练步才更新权重；请去掉分片，或测量训练步。',
  "A step can't be done in {0} passes; a whole number from 1 on is needed.":
    '一步不能分 {0} 次完成；需要不小于 1 的整数。',
  "{0} sequences can't be done in {1} passes; each pass needs one of its own.":
    '{0} 个序列不能分 {1} 次完成；每次至少需要一个序列。',
  'training, step {0}': '训练中，第 {0} 步',
  'training, step {0}, loss {1}': '训练中，第 {0} 步，损失 {1}',
  'The text has {0} tokens, of which a twentieth is held out: too few for windows of {1}; use a longer text or a shorter length.':
    '文本有 {0} 个词元，其中二十分之一留作验证：不足以切出长为 {1} 的窗口；请使用更长的文本或更短的长度。',
  'A batch of {0} tokens is no whole number of sequences of {1}.': '一批 {0} 个词元不是长为 {1} 的序列的整数倍。',
  "{0} sequences can't be done in {1} passes of as many each.": '{0} 个序列不能平均分成 {1} 次完成。',
  "The checkpoint has no tokenizer.json, so that it can't read a text to learn from.":
    '检查点没有 tokenizer.json，因此无法读取用来学习的文本。',
  'The loss is no number any more in step {0}; use a lower rate.': '第 {0} 步的损失已不是数；请使用更低的学习率。',
  "Caches and an optimizer's averages need {0}, which this GPU did not have; ask for fewer tokens or requests, or for a smaller model.":
    '缓存与优化器的平均值需要 {0}，而此 GPU 没有这么多；请减少词元或请求，或选用更小的模型。',
  'The checkpoint has tensor {0}, which a {1} of this config does not have.':
    '检查点中有张量 {0}，而此配置的 {1} 没有这个张量。',
  'The checkpoint lacks tensor {0} [{1}].': '检查点缺少张量 {0} [{1}]。',
  'the columns of its spans differ in length, so it is not whole': '其中区段的各列长度不同，因此文件不完整',
  'it should name each connectivity once': '每种连接方式应只出现一次',
  'The connectivity "{0}" is not known; known are {1}.': '不认识连接方式“{0}”；认识的有 {1}。',
  'The engine could not start: {0}': '引擎无法启动：{0}',
  'The engine failed: {0}': '引擎出错：{0}',
  'The graphics adapter gave no device ({0}); close other pages that use the GPU and reload.':
    '图形适配器没有给出设备（{0}）；请关闭其他使用 GPU 的页面并重新加载。',
  'Not all could be kept for use offline ({0}: {1}); press the button again to go on.':
    '未能全部保存以供离线使用（{0}：{1}）；请再次点击该按钮以继续。',
  "The lab can't be kept for use offline here: {0}.": '无法在此保存实验室以供离线使用：{0}。',
  'The link has a setting {0}, which there is not; it was left out.': '链接中有设置 {0}，但没有这样的设置；已忽略。',
  'The link is longer than {0} characters, so its settings were left out.':
    '链接长于 {0} 个字符，因此忽略了其中的设置。',
  'The link shows the run {0}, which is not in this browser; open the file that it was saved in.':
    '链接所示的运行 {0} 不在本浏览器中；请打开保存它的文件。',
  'The link shows the run {0}, which is not in this browser; open the file that it was saved in. The recorded run that is most like it is on show.':
    '链接所示的运行 {0} 不在本浏览器中；请打开保存它的文件。现在显示的是与它最接近的录制运行。',
  "A run can't be kept in this browser ({0}); save it as a file.": '运行无法保存在本浏览器中（{0}）；请存为文件。',
  "The run {0}, kept in this browser, can't be read: {1}.": '无法读取保存在本浏览器中的运行 {0}：{1}。',
  'The link shows {0}, which that run does not have; choose another timeline.':
    '链接指向 {0}，但该运行中没有；请选择其他时间线。',
  "The link's {0}, {1}, can't be used: {2}. The default was taken instead.":
    '无法使用链接中的 {0}（{1}）：{2}。已改用默认值。',
  "The message can't be used: {0}.": '无法使用该消息：{0}。',
  "The model can't be read: {0}.": '无法读取模型：{0}。',
  'The model needs {0} on {1} devices, which this GPU did not have; use fewer devices or a smaller model.':
    '模型在 {1} 个设备上需要 {0}，而此 GPU 没有这么多；请减少设备或使用更小的模型。',
  'Between separate devices all goes through the host; set the link to native, or the backing to shared.':
    '独立设备之间一切都经由主机；请把链路改为原生（native），或把设备改为共享（shared）。',
  'The native link is the way between separate devices; set the backing to separate, or the wire by bandwidth (--link GBPS,US).':
    '原生链路是独立设备之间的通路；请把设备改为独立（separate），或按带宽设置链路（--link GBPS,US）。',
  'The prompt has {0} tokens, but the model reads at most {1}; shorten it.':
    '提示词有 {0} 个词元，但模型最多读取 {1} 个；请缩短它。',
  'The prompt is empty; write at least one word.': '提示词为空；请至少输入一个词。',
  "The recorded run can't be read: {0}.": '无法读取录制的运行：{0}。',
  "The recorded run can't be read: {0}: {1}.": '无法读取录制的运行：{0}：{1}。',
  "The setting {0} can't be used: {1}.": '无法使用设置 {0}：{1}。',
  'The text has {0} tokens, fewer than the {1} asked for; ask for fewer or pick a longer text.':
    '文本有 {0} 个词元，少于所要求的 {1} 个；请减少数量或选择更长的文本。',
  'There is no device {0} to be slow; the last of {1} is {2}.': '没有可以变慢的设备 {0}；{1} 个设备中最后一个是 {2}。',
  'There is no model {0}; there are {1}, or the path or address of a folder.':
    '没有模型 {0}；可用的有 {1}，或文件夹的路径或地址。',
  'This browser has no WebGPU here; open the page over https (or localhost) in a current Chrome, Edge, Safari or Firefox.':
    '此浏览器在这里没有 WebGPU；请用新版 Chrome、Edge、Safari 或 Firefox 通过 https（或 localhost）打开本页。',
  'This browser has no storage for models; open the page over https (or localhost).':
    '此浏览器没有存放模型的空间；请通过 https（或 localhost）打开本页。',
  "Token {0} is outside the model's vocabulary of {1}; use the model's own tokenizer.":
    '词元 {0} 超出了模型大小为 {1} 的词表；请使用模型自己的分词器。',
  'WebGPU found no graphics adapter; turn on hardware acceleration in the browser and update the graphics driver.':
    'WebGPU 没有找到图形适配器；请在浏览器中启用硬件加速并更新显卡驱动。',
  'at least one prompt is needed': '至少需要一个提示词',
  'attn_only_farskip and mlp_only_farskip exclude each other: at most one may be true.':
    'attn_only_farskip 与 mlp_only_farskip 互斥：最多只能有一个为 true。',
  "config.json can't be run here: {0}.": '此处无法运行 config.json：{0}。',
  'config.json names no architecture: "architectures" should be a list of one name.':
    'config.json 没有写明架构：“architectures”应是只含一个名称的列表。',
  'files are not in a link': '链接中不能包含文件',
  'it does not say that it is one': '它没有写明自己是这样的文件',
  'it has another form than it should': '它的形式不对',
  "it has {0} bytes, fewer than the {1} of the header's length": '它只有 {0} 字节，少于表示文件头长度的 {1} 字节',
  'it is of no known kind': '它不属于任何已知的种类',
  'it should be a list': '应为列表',
  'it should be a number': '应为数字',
  'it should be a run and a track of it, as RUN/TRACK': '应为一次运行及其轨道，形如 RUN/TRACK',
  'it should be a text': '应为文本',
  'it should be a whole number': '应为整数',
  'it should be above {0}': '应大于 {0}',
  'it should be an object': '应为对象',
  'it should be at least {0}': '应至少为 {0}',
  'it should be at most {0}': '应至多为 {0}',
  'it should be below {0}': '应小于 {0}',
  'it should be null': '应为 null',
  'it should be one of {0}': '应为以下之一：{0}',
  'it should be one of {0}, or the path or address of a checkpoint folder':
    '应为以下之一：{0}，或检查点文件夹的路径或地址',
  'it should be the name of a file': '应为文件名',
  'it should be true or false': '应为 true 或 false',
  'it should be {0}': '应为 {0}',
  'it should have at least {0} entries': '应至少有 {0} 项',
  'it should have at most {0} characters': '应至多有 {0} 个字符',
  'it should have at most {0} entries': '应至多有 {0} 项',
  'its header is not JSON': '它的文件头不是 JSON',
  'its header is not an object': '它的文件头不是对象',
  'its header names {0} twice': '它的文件头两次写到 {0}',
  'it is chosen already': '它已被选用',
  'each of the values should be there once': '每个值应只出现一次',
  'its header should have {0} bytes, but the file ends after {1}':
    '它的文件头应有 {0} 字节，但文件在 {1} 字节后就结束了',
  'its header should have {0} bytes, more than the {1} that the format allows':
    '它的文件头应有 {0} 字节，超过该格式允许的 {1} 字节',
  'its tensors end at byte {0}, but the file has {1}': '它的张量在第 {0} 字节结束，但文件有 {1} 字节',
  'it is missing': '缺少它',
  'it should be a list of {0}': '应为由{0}组成的列表',
  'it should be {0}, as nothing else is computed here': '应为 {0}，此处不计算其他情形',
  'it should not be empty': '不应为空',
  'whole numbers': '整数',
  'whole numbers from 0 on': '不小于 0 的整数',
  'whole numbers from 0 on, or null': '不小于 0 的整数或 null ',
  'whole numbers, or null': '整数或 null ',
  'numbers from 0 on, or null': '不小于 0 的数或 null ',
  '0 and 1': ' 0 和 1 ',
  '{0}, or {1}': '{0}，或{1}',
  'the files of the site could not all be kept': '站点的文件未能全部保存',
  'no reason given': '未给出原因',
  'num_experts or num_local_experts is missing': '缺少 num_experts 或 num_local_experts',
  'only top-1 is computed here, as in the published models': '此处只计算 top-1，与已发布的模型相同',
  'quantised weights are not read here; use a float32, float16 or bfloat16 checkpoint':
    '此处不读取量化权重；请使用 float32、float16 或 bfloat16 的检查点',
  'sliding-window attention is not computed here, it should be null': '此处不计算滑动窗口注意力，应为 null',
  'tensor {0} ({1} [{2}]) should take {3} bytes, found {4}..{5}': '张量 {0}（{1} [{2}]）应占 {3} 字节，实际为 {4}..{5}',
  'tensor {0} has no valid dtype, shape and data_offsets': '张量 {0} 没有有效的 dtype、shape 和 data_offsets',
  'tensor {0} should begin at byte {1} of the data, where the one before it ends, found {2}':
    '张量 {0} 应从数据的第 {1} 字节（前一个张量的结尾）开始，实际为 {2}',
  'there is no {0}': '没有 {0}',
  "tokenizer.json can't be read: {0}.": '无法读取 tokenizer.json：{0}。',
  '{0}': '{0}',
  '{0} asks for {1} layers, but the model has {2}.': '{0} 要求 {1} 层，但模型有 {2} 层。',
  '{0} attention heads': '{0} 个注意力头',
  "{0} can't be kept in this browser: {1}.": '无法在此浏览器中保存 {0}：{1}。',
  "{0} can't be read (no connection, or its host does not let other sites read it); check the address.":
    '无法读取 {0}（没有连接，或其主机不允许其他站点读取）；请检查地址。',
  "{0} can't be read (status {1}); check that the file is there.": '无法读取 {0}（状态 {1}）；请检查文件是否存在。',
  "{0} can't be read as a run of this lab: {1}.": '无法把 {0} 作为本实验室的运行读取：{1}。',
  "{0} can't be read, nor {1} beside it; check that the file is there.":
    '无法读取 {0}，也无法读取旁边的 {1}；请检查文件是否存在。',
  "{0} can't be read; check that the file is there.": '无法读取 {0}；请检查文件是否存在。',
  "{0} can't be spread evenly over {1} devices (tp); choose a number that divides {2}, or ep.":
    '{0}无法平均分到 {1} 个设备上（tp）；请选择能整除 {2} 的设备数，或改用 ep。',
  "{0} can't be used: {1}.": '无法使用 {0}：{1}。',
  '{0} channels of an MLP': '{0} 个 MLP 通道',
  "{0} devices can't be spread evenly over {1} nodes; choose a number of nodes that divides {2}.":
    '{0} 个设备无法平均分到 {1} 个节点；请选择能整除 {2} 的节点数。',
  "{0} experts a token can't be chosen from {1}": '无法从 {1} 个专家中为每个词元选出 {0} 个',
  "{0} experts can't be spread evenly over {1} devices; choose a number of devices that divides {2}.":
    '{0} 个专家无法平均分到 {1} 个设备上；请选择能整除 {2} 的设备数。',
  "A layer of {0} experts can't be computed here; at most {1} can.": '这里无法计算有 {0} 个专家的层；最多 {1} 个。',
  '{0} groups need at least two experts each, of {1}': '{0} 个组各需要至少两个专家，而专家共有 {1} 个',
  "{0} has no kernels; it should be a Chrome trace with events of category kernel, as PyTorch's profiler writes.":
    '{0} 中没有内核；它应是 Chrome 跟踪文件，含有类别为 kernel 的事件，如 PyTorch 分析器所写的那样。',
  "{0} heads of {1} columns can't share {2} key heads": '{0} 个 {1} 列的头无法共用 {2} 个键头',
  '{0} is cut short: tensor {1} should have {2} bytes, but the file ends after {3} of them.':
    '{0} 被截断：张量 {1} 应有 {2} 字节，但文件只到其中的 {3} 字节。',
  '{0} is not JSON; a run of this lab is a file that “Save” wrote.':
    '{0} 不是 JSON；本实验室的运行是由“保存”写出的文件。',
  '{0} is not a Chrome trace: it should be a list of events, or an object with traceEvents.':
    '{0} 不是 Chrome 跟踪文件：它应是事件列表，或含 traceEvents 的对象。',
  '{0} is not a JSON object; check that it is whole.': '{0} 不是 JSON 对象；请检查文件是否完整。',
  '{0} is not a readable safetensors file: its header should have {1} bytes, but the file ends after {2}.':
    '{0} 不是可读的 safetensors 文件：它的文件头应有 {1} 字节，但文件在 {2} 字节后就结束了。',
  '{0} is not a readable safetensors file: {1}.': '{0} 不是可读的 safetensors 文件：{1}。',
  '{0} is not an address; it should be like https://host/folder.': '{0} 不是地址；应形如 https://host/folder。',
  '{0} is of rank {1}; ranks below {2} can be opened.': '{0} 属于 rank {1}；只能打开小于 {2} 的 rank。',
  '{0} key-value heads': '{0} 个键值头',
  '{0} needs a buffer of {1} on each of {2} devices (the whole model {3}), but this GPU binds at most {4}; use more devices or a smaller model.':
    '{0} 在 {2} 个设备上各需要 {1} 的缓冲区（整个模型 {3}），但此 GPU 最多绑定 {4}；请使用更多设备或更小的模型。',
  "{0} of {1} experts can't be chosen from {2} of {3} groups": '无法从 {3} 个组中的 {2} 个里选出 {1} 个专家中的 {0} 个',
  '{0} says that {1} has tensor {2}, but it does not.': '{0} 说 {1} 中有张量 {2}，但其中没有。',
  '{0} should have a tensor input_ids [windows, tokens].': '{0} 应有张量 input_ids [windows, tokens]。',
  "{0}, which {1} names, can't be read; check that the file is there.":
    '{1} 中提到的 {0} 无法读取；请检查文件是否存在。',
  trace: '跟踪',
  '{0}, {1} on {2}, no wire': '{0}，{1}，{2} 个设备，无链路',
  '{0}, {1} on {2}, native': '{0}，{1}，{2} 个设备，经主机',
  '{0}, {1} on {2}, ratio {3}': '{0}，{1}，{2} 个设备，比值 {3}',
  '{0}, {1} on {2}, tokens {3}': '{0}，{1}，{2} 个设备，词元数 {3}',
  '{0}, {1} on {2}, {3} GB/s': '{0}，{1}，{2} 个设备，{3} GB/s',
  '{0}, {1}, devices {2}': '{0}，{1}，设备数 {2}',
  '{0}, {1} M parameters, {2} layers': '{0}，{1} M 参数，{2} 层',
  '{0}: {1}': '{0}：{1}',
  'The link is of version {0}, and this lab reads versions up to {1}: some settings may be others than meant.':
    '链接的版本为 {0}，而本实验室最高读取版本 {1}：有些设置可能与原意不同。',
  'There are no timestamps.': '没有时间戳。',
  'They were placed on the host’s clock to {0} ms at the start.': '开始时，时间戳与主机时钟对齐到 {0} ms 以内。',
  'Timestamps have steps of {0}.': '时间戳的步长为 {0}。',
  'Two devices on this GPU run at once.': '此 GPU 上的两个设备可同时运行。',
  'Two devices on this GPU run one after the other.': '此 GPU 上的两个设备依次运行。',
  'Two devices on this GPU share it fairly.': '此 GPU 上的两个设备公平分享 GPU。',
  'No second device was to be had on this GPU.': '此 GPU 上没有取得第二个设备。',
  'Reading back beside {0} ms of computing takes {1} ms.': '在 {0} ms 计算的同时读回数据需 {1} ms。',
  'A round trip takes {0} ms.': '一次往返需 {0} ms。',
  blocking: '阻塞',
  overlapped: '重叠',
  'generating, step {0}': '正在生成，第 {0} 步',
  'it has a span of device {0}, but {1} devices': '其中有设备 {0} 的区段，但设备只有 {1} 个',
  'it is of another version than 1 to {0}; a newer lab may read it':
    '它的版本不在 1 至 {0} 之间；更新的实验室也许能读取',
  'it should be embedding, attention.N, shared.N or routed.N': '应为 embedding、attention.N、shared.N 或 routed.N',
  'loading the model': '正在加载模型',
  'loading the model: {0}': '正在加载模型：{0}',
  'pairs of whole numbers from 0 on': '由不小于 0 的整数组成的数对',
  'names of at most {0} characters': '至多 {0} 个字符的名称',
  'names of at most {0} characters, or null': '至多 {0} 个字符的名称，或 null',
  'opening the GPU': '正在打开 GPU',
  working: '正在处理',
  "{0} begins as a gzipped file and can't be unpacked; it is cut or damaged.":
    '{0} 以 gzip 开头，但无法解压；文件不完整或已损坏。',
  '{0}, {1}': '{0}，{1}',
  '{0}, {1} on {2}, {3}, text': '{0}，{1}，{2} 个设备，{3}，文本',
  '{0}, {1} on {2}, text': '{0}，{1}，{2} 个设备，文本',
  '{0}: run {1}': '{0}：第 {1} 次',
  '{0}: run {1} of {2}': '{0}：第 {1} 次，共 {2} 次',
  '{0}: timing its kernels': '{0}：正在测量内核耗时',
  '{0}: once more, without a trace': '{0}：再来一次，不记录时间线',
  '{0}: warm-up': '{0}：预热',
  'As its config says': '按检查点自身配置',
  'Another tab is measuring; this one begins when it is done.': '另一个标签页正在测量；它结束后，此页即开始。',
  'The page was hidden for {0} s of the measurement: browsers slow such pages down.':
    '测量期间页面有 {0} s 处于隐藏状态：浏览器会放慢这样的页面。',
  'A wait ended {0} ms late: the browser held it back, or the machine was busy.':
    '有一次等待晚了 {0} ms 才结束：浏览器将其推迟，或机器繁忙。',
  '{0} waits ended late, by up to {1} ms: the browser held them back, or the machine was busy.':
    '有 {0} 次等待结束得晚，最多晚 {1} ms：浏览器将其推迟，或机器繁忙。',
  '{0}: {1} kernels have no time and are left out; the profiler lost them.':
    '{0}：{1} 个内核没有时间，已略去；分析器把它们丢失了。',
  '{0}: {1} of {2} repeats stalled: {3} ms at most, with a median of {4} ms.':
    '{0}：{2} 次运行中有 {1} 次停顿：最长 {3} ms，中位数为 {4} ms。',
  '“{0}” is not a regular expression; “my_all2all|^allreduce_” would be one.':
    '“{0}”不是正则表达式；“my_all2all|^allreduce_”才是。',
  '“{0}” is not expected': '此处不应有“{0}”',
  '{0}: {1} of {2} steps stalled: {3} ms at most, with a median of {4} ms.':
    '{0}：{2} 步中有 {1} 步停顿：最长 {3} ms，中位数为 {4} ms。',
  'Tensor {0} is {1}; quantised weights are not read here, use a float32, float16 or bfloat16 checkpoint.':
    '张量 {0} 是 {1}；此处不读取量化权重，请使用 float32、float16 或 bfloat16 的检查点。',
  'tensor {0} has the dtype {1}, which the format does not know': '张量 {0} 的类型是 {1}，该格式没有这种类型',
  'tensor {0} ({1} [{2}]) does not end at a whole byte': '张量 {0}（{1} [{2}]）不在整字节处结束',
  '{0} says that this checkpoint is quantised; quantised weights are not read here, use a float32, float16 or bfloat16 checkpoint.':
    '{0} 说明此检查点已量化；此处不读取量化权重，请使用 float32、float16 或 bfloat16 的检查点。',
  '{0} is not there, but {1} is; weights are read as transformers saves them in safetensors, with save_pretrained.':
    '没有 {0}，但有 {1}；权重按 transformers 用 save_pretrained 保存的 safetensors 读取。',
  'rope_scaling takes the place of rope_parameters and names no rope_theta, which is {0} there; put rope_theta into rope_scaling, or the scaling into rope_parameters':
    'rope_scaling 取代 rope_parameters，却没有写 rope_theta（后者中为 {0}）；请把 rope_theta 写入 rope_scaling，或把缩放写入 rope_parameters',
  '{0} is {1}, not {2}; {3}.': '{0} 是{1}，而不是{2}；请{3}。',
  '{0} is {1}, not {2}.': '{0} 是{1}，而不是{2}。',
  'a JSON file': ' JSON 文件',
  'a safetensors file': ' safetensors 文件',
  empty: '空文件',
  'copy or download it again': '重新复制或下载',
  'a Git LFS pointer': ' Git LFS 指针',
  'run git lfs pull in its folder, or download the file itself': '在其文件夹中运行 git lfs pull，或下载文件本身',
  'a web page': '网页',
  'an XML file': ' XML 文件',
  'download the file itself (the address of the raw file)': '下载文件本身（原始文件的地址）',
  gzipped: ' gzip 压缩文件',
  'unpack it first': '先解压',
  'a zip archive': ' zip 压缩包',
  'a PyTorch file (torch.save)': ' PyTorch 文件（torch.save）',
  'a Python pickle, as older PyTorch saves': ' Python pickle 文件（旧版 PyTorch 所保存）',
  'save the model with save_pretrained(…, safe_serialization=True)':
    '用 save_pretrained(…, safe_serialization=True) 保存模型',
  'a GGUF file (llama.cpp)': ' GGUF 文件（llama.cpp）',
  'take the checkpoint that it was converted from': '使用转换之前的检查点',
  'an ONNX model': ' ONNX 模型',
  'take the checkpoint that it was exported from': '使用导出之前的检查点',
  'check that the files were not renamed': '检查文件是否被改名',
  'packed with zstd': ' zstd 压缩文件',
  'packed with xz': ' xz 压缩文件',
  'packed with bzip2': ' bzip2 压缩文件',
  'a 7z archive': ' 7z 压缩包',
  'a tar archive': ' tar 归档',
  'an SQLite database': ' SQLite 数据库',
  'an HDF5 file': ' HDF5 文件',
  'take the checkpoint in safetensors': '使用 safetensors 格式的检查点',
  'a NumPy file': ' NumPy 文件',
  'a Parquet file': ' Parquet 文件',
  'a PDF': ' PDF 文件',
  'a PNG picture': ' PNG 图片',
  'a JPEG picture': ' JPEG 图片',
  'a GIF picture': ' GIF 图片',
  'a program': '程序',
  'text in UTF-16': ' UTF-16 文本',
  'save it as UTF-8': '另存为 UTF-8',
  'Its language model runs; {0} tensors of its other parts, such as a vision model, are left out.':
    '运行其中的语言模型；其他部分（如视觉模型）的 {0} 个张量被略去。',
  'The checkpoint has no tokenizer.json: random tokens are measured.': '检查点没有 tokenizer.json：测量使用随机词元。',
  "tokenizer_config.json can't be used: {0}.": '无法使用 tokenizer_config.json：{0}。',
  'tokenizer.json has no token for “{0}”, nor one for what is unknown.':
    'tokenizer.json 没有对应“{0}”的词元，也没有表示未知内容的词元。',
  'tokenizer_config.json says that {0} is put around texts ({1}), but tokenizer.json has no such token.':
    'tokenizer_config.json 说明文本前后要加 {0}（{1}），但 tokenizer.json 没有这个词元。',
  "give token ids instead (in the terminal: --ids 1,2,3), or put the model's tokenizer.json beside config.json":
    '请改为给出词元编号（在终端中：--ids 1,2,3），或把模型的 tokenizer.json 放在 config.json 旁边',
  'The checkpoint has {0} but no tokenizer.json, and text is read by that alone; {1}.':
    '检查点有 {0} 但没有 tokenizer.json，而文本只能由后者读取；{1}。',
  "The checkpoint has no tokenizer.json, so it can't read text; {0}.":
    '检查点没有 tokenizer.json，因此无法读取文本；{0}。',
  "chat_template in tokenizer_config.json can't be used: it should be a text, or a list of templates with names.":
    '无法使用 tokenizer_config.json 中的 chat_template：应为文本，或由带名称的模板组成的列表。',
  'chat_template in tokenizer_config.json has {0}, but none is called default; give one that name.':
    'tokenizer_config.json 中的 chat_template 有 {0}，但没有名为 default 的；请将其中一个命名为 default。',
  "The checkpoint's chat template can't be rendered: {0}.": '无法渲染检查点的聊天模板：{0}。',
  'The checkpoint has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); give the prompt as text (in the terminal: without --chat).':
    '检查点没有聊天模板（chat_template.jinja，或 tokenizer_config.json 中的 chat_template）；请把提示词作为文本给出（在终端中：不加 --chat）。',
  'Token ids are whole numbers with commas between, such as 1,2,3.': '词元编号是以逗号分隔的整数，例如 1,2,3。',
  "A link of ratio {0} can't be set: {1}.": '无法设置比值为 {0} 的链路：{1}。',
  'one device sends nothing; use more devices, or give a bandwidth (--link GBPS,US)':
    '单个设备不发送任何数据；请使用更多设备，或给出带宽（--link GBPS,US）',
  'dealt out by sequences (ep), this model sends nothing, as one without routed experts does; spread its heads and channels instead (--parallel tp), or give a bandwidth (--link GBPS,US)':
    '按序列分发（ep）时，该模型不发送任何数据，没有路由专家的模型都是如此；请改为切分其注意力头和通道（--parallel tp），或给出带宽（--link GBPS,US）',
  'this model sends nothing; give a bandwidth (--link GBPS,US)': '该模型不发送任何数据；请给出带宽（--link GBPS,US）',
  'Choose a folder first: the model is to be a checkpoint of your own, and no files are chosen.':
    '请先选择文件夹：模型设为自己的检查点，但尚未选择文件。',
  'it should be a text, or an object with its content': '应为文本，或含有 content 的对象',
  "tokenizer.json can't be read: a part of it is missing or has another form than transformers saves; copy or save it again.":
    '无法读取 tokenizer.json：其中某部分缺失，或与 transformers 保存的形式不同；请重新复制或保存。',
  'one RoPE for all layers is computed here, not one for each kind': '此处所有层共用一个 RoPE，不按层的种类分别计算',
  'a chat template': '聊天模板',
  'Fresh weights are no teacher; distil a checkpoint, or train without a teacher.':
    '新抽取的权重不能当教师；请蒸馏一个检查点，或不用教师训练。',
  "The books are tokens of the reference model's tokenizer, which this model does not have; give a text file.":
    '书籍是参考模型分词器的词元，而该模型没有这个分词器；请给出文本文件。',
  "The checkpoint has no tokenizer.json, so that it can't read the tasks' questions.":
    '检查点没有 tokenizer.json，因此无法读取任务的题目。',
  'The training that is to go on has {0} {1}, not {2}; give its settings.':
    '要继续的训练的 {0} 是 {1}，不是 {2}；请给出它开始时的设置。',
  'What was kept of the training has no {0} of this size; it is of another model.':
    '保存的训练中没有这个大小的 {0}；它属于另一个模型。',
  '{0} has no tensor “{1}”: it is not what a training is kept in.': '{0} 没有张量“{1}”：它不是保存训练的文件。',
  '{0} is cut short; build it anew.': '{0} 不完整；请重新生成。',
  '{0} is of another tokenizer; build it anew.': '{0} 属于另一个分词器；请重新生成。',
  'evaluating {0}': '正在评估 {0}',
  copying: '复制',
  reversing: '反转',
  sorting: '排序',
  addition: '加法',
  'bracket matching': '括号匹配',
  'in-context recall': '上下文回忆',
  'word order': '词序',
  counting: '计数',
  comparison: '比较',
  'pattern continuation': '规律延续',
  'lookup of learnt facts': '所学事实的查找',
  'The training that is to go on learnt from other data than “{0}” is now.':
    '要继续的训练所学的数据与现在的“{0}”不同。',
  'The training began on another GPU, or with other kernels: from here on its last digits may be others.':
    '该训练始于另一块 GPU 或另一套内核：从此处起末位数字可能不同。',
  'The training that is to go on began with other weights than {0} has.': '要继续的训练开始时的权重与 {0} 的不同。',
  'What the training is kept in would have {0}, more than the {1} of a file here; take a smaller model or fewer devices, or train without --out.':
    '保存训练的文件将有 {0}，超过此处一个文件的 {1}；请换更小的模型或更少的设备，或不加 --out 训练。',
  "config.json can't be used: {0}.": '无法使用 config.json：{0}。',
};
