// bf16: the upper half of an f32, rounded to nearest, ties to even. Two a word: an even column in the low half, the odd
// one after it in the high half.
fn bf16(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0x7fc0u; } // NaN
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

fn packBf16(even: f32, odd: f32) -> u32 {
  return bf16(even) | (bf16(odd) << 16u);
}

fn unpackBf16(word: u32, column: u32) -> f32 {
  return bitcast<f32>(select(word << 16u, word & 0xffff0000u, column % 2u == 1u));
}

fn unpackFour(words: vec2u) -> vec4f {
  return vec4f(unpackBf16(words.x, 0u), unpackBf16(words.x, 1u), unpackBf16(words.y, 0u), unpackBf16(words.y, 1u));
}
