"""Times a training step in PyTorch: python3 pytorch.py CONFIG.json [--steps N]

The model of a config.json of transformers, in float32 without TF32, 64 sequences of 256 tokens a step, AdamW, the
gradients' norm held to 1; attention written out (eager) and fused (sdpa).
"""
import argparse, json, time
import torch
import torch.nn.functional as F
from transformers import AutoConfig, AutoModelForCausalLM

p = argparse.ArgumentParser()
p.add_argument("config")
p.add_argument("--steps", type=int, default=20)
a = p.parse_args()
config = json.load(open(a.config)); config.pop("architectures", None)
torch.backends.cuda.matmul.allow_tf32 = False
B, T = 64, 256
for attention in ("eager", "sdpa"):
    cfg = AutoConfig.for_model(**config); cfg._attn_implementation = attention
    model = AutoModelForCausalLM.from_config(cfg).cuda().float()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    ids = torch.randint(0, cfg.vocab_size, (B, T), device="cuda")

    def step():
        logits = model(input_ids=ids).logits.float()
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        opt.zero_grad(); loss.backward(); torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step()

    for _ in range(5): step()
    torch.cuda.synchronize(); since = time.time()
    for _ in range(a.steps): step()
    torch.cuda.synchronize(); took = (time.time() - since) / a.steps
    parameters = sum(q.numel() for q in model.parameters())
    rate = f"{1000 * took:.1f} ms a step, {B * T / took:,.0f} tokens a second"
    print(f"PyTorch {torch.__version__}, {attention}: {rate}, {parameters:,} parameters")
