import { InputError } from '../words/error';
import { phrase } from '../words/phrase';

/** What kernels of other programs are, told by their names. */
export const KERNEL_KINDS = ['matrix product', 'attention', 'norm', 'memory', 'communication', 'other'] as const;
export type KernelKind = (typeof KERNEL_KINDS)[number];

/**
 * HolisticTraceAnalysis' rule, whatever the case: nccl at the start, or ncclKernel anywhere. RCCL has the same names.
 */
const NCCL = /^nccl|ncclKernel/i;
export const isNcclKernel = (name: string): boolean => NCCL.test(name);

/** Libraries whose kernels communicate, and how those are known. docs/command-line.md lists them. */
const COMMUNICATION: readonly (readonly [library: string, names: RegExp])[] = [
  ['NCCL, RCCL', NCCL],
  ['MSCCL, HCCL', /msccl|^hccl/i],
  ['DeepEP', /deep_ep::(?!layout)|hybrid_ep::(?!scan)|\bdeepep_/i],
  ['NVSHMEM', /nvshmem/i],
  ['symmetric memory', /(one|two)_?shot_?all_?reduce|multimem_|symm_mem|all_to_all_v|alltoallv?d?ev/i],
  [
    'custom all-reduce',
    /cross_device_reduce|custom_?all_?reduce|allreduce_fusion|all_?reduce_?kernel|quickreduce|lamport/i,
  ],
  ['Transformer Engine user buffers', /userbuffers_/i],
  [
    'MORI, pplx and other expert parallel kernels',
    /mori::|pplx::|\bEp(Dispatch|Combine)|AllToAll(Inter|Intra)Node|moeA2A(Dispatch|Combine)/,
  ],
];

/** How communication is told where nobody says otherwise. */
export const isCommunication = (name: string): boolean => COMMUNICATION.some(([, names]) => names.test(name));

/** The same, and what `more` matches, a regular expression without regard to case. Throws InputError for none. */
export function communicationRule(more: string): (name: string) => boolean {
  if (more === '') return isCommunication;
  try {
    const names = new RegExp(more, 'i');
    return (name) => isCommunication(name) || names.test(name);
  } catch {
    throw new InputError(phrase`“${more}” is not a regular expression; “my_all2all|^allreduce_” would be one.`);
  }
}

/** In this order: attention kernels are made of matrix products, norms read memory. */
const OTHERS: readonly (readonly [KernelKind, RegExp])[] = [
  ['attention', /attention|attn|flash|fmha|\bmha|sdpa|\bmla_|paged_kv|mqa/i],
  ['norm', /norm(?!al(?!i))/i],
  [
    'matrix product',
    /gemm|gemv|matmul|cutlass|cublas|nvjet|xmma|wgmma|hmma|_mm\b|triton_.*mm|bmm|dot_kernel|splitk|Cijk_|fused_moe|grouped_mm|conv(?!ert)|winograd/i,
  ],
  [
    'memory',
    /copy|memcpy|memset|(?<!pre)fill|cat_?array|concat|transpose|permute|gather|scatter|index|(?<!rotary_)embedding|pad\b|slice/i,
  ],
];

/** What a kernel is; `communicates` decides first whether it communicates. */
export const kernelKind = (name: string, communicates: (name: string) => boolean = isCommunication): KernelKind =>
  communicates(name) ? 'communication' : (OTHERS.find(([, names]) => names.test(name))?.[0] ?? 'other');
