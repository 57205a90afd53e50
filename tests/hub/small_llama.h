// A llama of a thousand numbers in a GGUF file, and what is asked of such files.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/gguf_model.h"
#include "support/op_case.h"

namespace grim::test {

inline Tensor counting(const Shape& shape, float from = 0) {
  Tensor x = Tensor::empty(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = from + static_cast<float>(i);
  return x;
}

inline GgufPair number(const char* key, int64_t value) { return {key, GgufValue::of(GgufType::u32, value)}; }

// One block, 8 wide, two heads of 4, one of keys and values.
inline std::string small_llama(const TempFolder& folder, const std::vector<GgufPair>& more = {}, const std::vector<GgufTensor>& others = {}) {
  const std::string path = folder / "small.gguf";
  std::vector<GgufTensor> tensors = {{"token_embd.weight", counting({5, 8}), "F32"}, {"output_norm.weight", counting({8}), "F32"}};
  for (const char* name : {"attn_norm", "ffn_norm"}) tensors.push_back({str("blk.0.{}.weight", name), counting({8}), "F32"});
  for (const char* name : {"attn_q", "attn_output", "ffn_gate", "ffn_up", "ffn_down"})
    tensors.push_back({str("blk.0.{}.weight", name), counting({8, 8}), "F32"});
  for (const char* name : {"attn_k", "attn_v"}) tensors.push_back({str("blk.0.{}.weight", name), counting({4, 8}), "F32"});
  std::vector<GgufPair> pairs = {
      {"general.architecture", GgufValue::of(std::string("llama"))}, number("llama.block_count", 1), number("llama.context_length", 32),
      number("llama.embedding_length", 8), number("llama.feed_forward_length", 8), number("llama.attention.head_count", 2),
      number("llama.attention.head_count_kv", 1), {"llama.attention.layer_norm_rms_epsilon", GgufValue::of(GgufType::f32, 1e-5)}};
  pairs.insert(pairs.end(), more.begin(), more.end());
  tensors.insert(tensors.end(), others.begin(), others.end());
  write_gguf(path, pairs, tensors);
  return path;
}

// The same tensors under the same names, to the bit, and the settings.
inline void expect_same_model(const GgufFile& a, const GgufFile& b) {
  EXPECT_EQ(a.entries().size(), b.entries().size());
  for (const TensorEntry& e : a.entries()) {
    ASSERT_TRUE(b.holds(e.name)) << e.name;
    EXPECT_TRUE(bit_equal(a.read(e), b.read(e.name))) << e.name;
  }
  EXPECT_EQ(config_in(a), config_in(b));
}

// What is wrong with the input, in words; empty: nothing.
inline std::string complaint(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "";
}

}  // namespace grim::test
