"""Write the oracle: tiny MoE checkpoints in Hugging Face format, and what PyTorch computes with them.

    pip install torch transformers safetensors
    python3 test/oracle/make_oracle.py test/oracle/fixtures

float32 on the CPU. The fixtures were made with torch 2.11 and transformers 5.17; other versions may draw other weights.
For each model OUT/<model>/ holds
  config.json                          the Hugging Face config
  model.safetensors                    the weights under their checkpoint names
  <connectivity>.json                  the config keys that this connectivity adds
  expected.<connectivity>.safetensors  what PyTorch computes (docs/checkpoints.md):
    input_ids [B, T], logits [B, T, V], loss [1], hidden.0 (the embedding) and hidden.k [B, T, H], greedy [B, T + 12];
    stock_diff [1]         regular only: the largest difference of transformers' own forward from the one used here;
    grad.NAME              d loss / d NAME: of the first and the last layer, two experts a layer, and beside the layers;
    kl [1], kl_grad.NAME   mean KL(regular || this connectivity), the same weights, the teacher held fixed;
    adamw_loss [5]         the loss before each of five AdamW steps on this batch.
"""
import argparse
import json
import os
import re
import sys
import traceback

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
import transformers
from transformers import (DeepseekV2Config, DeepseekV2ForCausalLM, DeepseekV3Config, DeepseekV3ForCausalLM,
                          Llama4ForCausalLM, Llama4TextConfig, MixtralConfig, MixtralForCausalLM,
                          Qwen3MoeConfig, Qwen3MoeForCausalLM)

torch.set_num_threads(8)
torch.use_deterministic_algorithms(True, warn_only=True)
STEPS, LR, BETAS, EPS, DECAY, NEW = 5, 1e-3, (0.9, 0.95), 1e-8, 0.1, 12


def configs():
    hidden, vocabulary, layers, experts, heads, kv_heads, head_dim, inner = 64, 128, 3, 8, 4, 2, 16, 32
    base = dict(vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                max_position_embeddings=256, rms_norm_eps=1e-6, tie_word_embeddings=False, initializer_range=0.15,
                pad_token_id=None, bos_token_id=1, eos_token_id=2)
    gqa = dict(num_key_value_heads=kv_heads, head_dim=head_dim)
    mla = dict(num_key_value_heads=heads, kv_lora_rank=24, q_lora_rank=None, qk_nope_head_dim=16, qk_rope_head_dim=8,
               v_head_dim=16, n_routed_experts=experts, n_shared_experts=2, num_experts_per_tok=3,
               moe_intermediate_size=inner, intermediate_size=96, first_k_dense_replace=1, routed_scaling_factor=1.0)
    with_q_latent = {**mla, "q_lora_rank": 32}
    return {
        "mixtral": (MixtralForCausalLM, MixtralConfig(
            **base, **gqa, intermediate_size=inner, num_local_experts=experts, num_experts_per_tok=2,
            sliding_window=None)),
        "qwen3_moe": (Qwen3MoeForCausalLM, Qwen3MoeConfig(
            **base, **gqa, intermediate_size=96, moe_intermediate_size=inner, num_experts=experts,
            num_experts_per_tok=3, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[])),
        "deepseek_v2": (DeepseekV2ForCausalLM, DeepseekV2Config(
            **base, **mla, topk_method="greedy", norm_topk_prob=False)),
        "deepseek_v3": (DeepseekV3ForCausalLM, DeepseekV3Config(
            **base, **with_q_latent, n_group=2, topk_group=1, norm_topk_prob=True, rope_interleave=True)),
        "instella": (DeepseekV3ForCausalLM, DeepseekV3Config(
            **base, **mla, n_group=1, topk_group=1, norm_topk_prob=True, rope_interleave=True)),
        "llama4": (Llama4ForCausalLM, Llama4TextConfig(
            **base, **gqa, intermediate_size=inner, intermediate_size_mlp=96, num_local_experts=experts,
            num_experts_per_tok=1, interleave_moe_layer_step=1, no_rope_layers=[1, 1, 0], use_qk_norm=True,
            attn_temperature_tuning=False, attention_chunk_size=64, rope_theta=10000.0)),
    }


def gate_attention(model, gen):
    """Gated MLA: the attention output times sigmoid(gate_proj(attention input)), before o_proj."""
    for layer in model.model.layers:
        attn = layer.self_attn
        attn.gate_proj = torch.nn.Linear(attn.config.hidden_size, attn.o_proj.in_features, bias=False)
        with torch.no_grad():
            attn.gate_proj.weight.copy_(0.15 * torch.randn(attn.gate_proj.weight.shape, generator=gen))
        saved = {}
        attn.register_forward_pre_hook(
            lambda m, args, kw, s=saved: s.__setitem__("h", kw["hidden_states"]), with_kwargs=True)
        attn.o_proj.register_forward_pre_hook(
            lambda m, args, a=attn, s=saved: (args[0] * torch.sigmoid(a.gate_proj(s["h"])),))


def shake(model, gen):
    """Random weights that make every path matter: norms off one, router biases off zero."""
    with torch.no_grad():
        for n, p in model.named_parameters():
            if p.ndim == 1:
                p.copy_(1.0 + 0.1 * torch.randn(p.shape, generator=gen))
        for n, b in model.named_buffers():
            if n.endswith("e_score_correction_bias"):
                b.copy_(0.1 * torch.randn(b.shape, generator=gen))


def moe_parts(mlp, x):
    """(routed, shared) of one feed-forward block; a dense block is all shared."""
    shared_mod = getattr(mlp, "shared_experts", None) or getattr(mlp, "shared_expert", None)
    is_moe = hasattr(mlp, "experts")
    if not is_moe:
        return None, mlp(x)
    y = mlp(x)
    y = y[0] if isinstance(y, tuple) else y
    y = y.reshape(x.shape)
    if shared_mod is None:
        return y, torch.zeros_like(x)
    s = shared_mod(x).reshape(x.shape)
    return y - s, s


def ffn_of(layer):
    return layer.feed_forward if hasattr(layer, "feed_forward") else layer.mlp


def forward(model, ids, far):
    """far: None for the regular connectivity, else {attn:bool, mlp:bool, start:int, end:int}."""
    core = model.model
    T = ids.shape[1]
    pos = torch.arange(T)[None]
    x = core.embed_tokens(ids)
    emb = core.rotary_emb(x, pos)
    mask = torch.full((T, T), float("-inf")).triu(1)[None, None]
    hidden = [x]
    partial = None                       # the residual without the last routed experts, or None
    for l, layer in enumerate(core.layers):
        on = far is not None and far["start"] <= l <= far["end"]
        attn_in = partial if (on and far["attn"] and partial is not None) else x
        kw = dict(hidden_states=layer.input_layernorm(attn_in), position_embeddings=emb, attention_mask=mask)
        a = layer.self_attn(**kw)[0]
        u = x + a
        mlp_in = x if (on and far["mlp"]) else u
        routed, shared = moe_parts(ffn_of(layer), layer.post_attention_layernorm(mlp_in))
        r0 = u + shared
        x = r0 if routed is None else r0 + routed
        partial = r0 if routed is not None else None
        hidden.append(x)
    return model.lm_head(core.norm(x)), hidden


def split_names(model, path):
    """Triples (checkpoint name, parameter name, view): view(parameter) equals that checkpoint tensor."""
    ck = load_file(path)
    layer = lambda n: ".".join(n.split(".")[:3]) + "." if n.startswith("model.layers.") else ""
    triples, seen = [], set()
    for n, p in model.named_parameters():
        views = [lambda t: t]
        if p.ndim == 3:
            for e in range(p.shape[0]):
                views += [lambda t, e=e: t[e], lambda t, e=e: t[e][: t.shape[1] // 2],
                          lambda t, e=e: t[e][t.shape[1] // 2:]]
        for c in ck:
            if c not in seen and c.startswith(layer(n)):
                for v in views:
                    q = v(p)
                    if q.shape == ck[c].shape and torch.equal(q, ck[c]):
                        triples.append((c, n, v))
                        seen.add(c)
                        break
    return triples, [c for c in ck if c not in seen and "e_score_correction_bias" not in c]


def kept(prefix, name, last):
    """Which gradients are written: of the first and the last layer, of two experts a layer; after KL, fewer."""
    expert, layer = re.search(r"experts\.(\d+)\.", name), re.search(r"layers\.(\d+)\.", name)
    if prefix == "kl_grad":
        return "experts." not in name and (layer is None or int(layer.group(1)) == last)
    return (expert is None or int(expert.group(1)) < 2) and (layer is None or int(layer.group(1)) in (0, last))


def grads(model, pairs, prefix):
    named = dict(model.named_parameters())
    out = {}
    for c, n, v in pairs:
        if not kept(prefix, c, model.config.num_hidden_layers - 1):
            continue
        g = named[n].grad
        own = torch.zeros_like(v(named[n])) if g is None else v(g).detach().clone()
        out[f"{prefix}.{c}"] = own.contiguous()
    return out


def ce(logits, ids):
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))


FAR = {"regular": None, "farskip": dict(attn=True, mlp=True), "attn_only": dict(attn=True, mlp=False),
       "mlp_only": dict(attn=False, mlp=True), "last_half": dict(attn=True, mlp=True)}


def case(out, name, cls, cfg, far_name, seed, T):
    L = cfg.num_hidden_layers
    start = L // 2 if far_name == "last_half" else 0
    far = None if FAR[far_name] is None else {"start": start, "end": L - 1, **FAR[far_name]}
    torch.manual_seed(seed)
    cfg._attn_implementation = "eager"
    model = cls(cfg).float().eval()
    gen = torch.Generator().manual_seed(seed + 1)
    if name == "instella":
        gate_attention(model, gen)
    shake(model, gen)
    d = os.path.join(out, name)
    os.makedirs(d, exist_ok=True)
    model.save_pretrained(d, safe_serialization=True)
    for f in os.listdir(d):
        if f not in ("config.json", "model.safetensors") and not f.startswith("expected.") and f[:-5] not in FAR:
            os.remove(os.path.join(d, f))
    if name == "instella":
        cj = json.load(open(os.path.join(d, "config.json")))
        cj.update(architectures=["InstellaMoEForCausalLM"], gated_attention=True)
        json.dump(cj, open(os.path.join(d, "config.json"), "w"), indent=1, sort_keys=True)
    keys = {"farskip": False} if far is None else dict(
        farskip=True, farskip_start_idx=far["start"], farskip_end_idx=far["end"],
        attn_only_farskip=far["attn"] and not far["mlp"], mlp_only_farskip=far["mlp"] and not far["attn"])
    json.dump(keys, open(os.path.join(d, far_name + ".json"), "w"), indent=1, sort_keys=True)
    ids = torch.randint(3, cfg.vocab_size, (2, T), generator=gen)
    e = {"input_ids": ids.to(torch.int32)}
    pairs, missing = split_names(model, os.path.join(d, "model.safetensors"))
    logits, hidden = forward(model, ids, far)
    if far is None:
        stock = model(input_ids=ids).logits
        e["stock_diff"] = (stock - logits).abs().max().detach().reshape(1)
    e["logits"] = logits.detach().contiguous()
    for k, h in enumerate(hidden):
        e[f"hidden.{k}"] = h.detach().contiguous()
    loss = ce(logits, ids)
    loss.backward()
    e["loss"] = loss.detach().reshape(1)
    e.update(grads(model, pairs, "grad"))
    model.zero_grad()
    if far:
        with torch.no_grad():
            teacher = F.log_softmax(forward(model, ids, None)[0], -1)
        student = F.log_softmax(forward(model, ids, far)[0], -1)
        kl = (teacher.exp() * (teacher - student)).sum(-1).mean()
        kl.backward()
        e["kl"] = kl.detach().reshape(1)
        e.update(grads(model, pairs, "kl_grad"))
        model.zero_grad()
    g = ids
    with torch.no_grad():
        for _ in range(NEW):
            g = torch.cat([g, forward(model, g, far)[0][:, -1:].argmax(-1)], 1)
    e["greedy"] = g.to(torch.int32).contiguous()
    opt = torch.optim.AdamW(model.parameters(), lr=LR, betas=BETAS, eps=EPS, weight_decay=DECAY)
    ls = []
    for _ in range(STEPS):
        opt.zero_grad()
        step = ce(forward(model, ids, far)[0], ids)
        step.backward()
        opt.step()
        ls.append(step.detach())
    e["adamw_loss"] = torch.stack(ls)
    save_file({k: v.contiguous() for k, v in e.items()}, os.path.join(d, f"expected.{far_name}.safetensors"))
    stock_diff = float(e.get("stock_diff", torch.tensor([-1.0]))[0])
    print(f"{name:14s} {far_name:10s} loss {float(loss):.5f} stock_diff {stock_diff:.2e} missing {missing[:3]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=7)
    a = parser.parse_args()
    print("torch", torch.__version__, "transformers", transformers.__version__)
    bad = 0
    for i, (name, (cls, cfg)) in enumerate(configs().items()):
        kinds = ["farskip"] if name == "instella" else ["regular", "farskip"]
        kinds += ["attn_only", "mlp_only", "last_half"] if name == "deepseek_v2" else []
        for k in kinds:
            try:
                case(a.out, name, cls, cfg, k, a.seed + i, 24)
            except Exception:
                bad += 1
                print("FAILED", name, k)
                traceback.print_exc(limit=4)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
