#include "grimoire/model/with_layers.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/model/bert.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/t5.h"
#include "support/op_case.h"

namespace grim {
namespace {

using Numbers = std::vector<int64_t>;

TensorMap weights_of(const Pretrained& model) {
  TensorMap all;
  for (const NamedTensor& t : model.checkpoint()) all[t.name] = t.tensor;
  return all;
}

TEST(WithLayers, AreTheNamedOnesInTheirOrder) {
  Rng rng(RngMode::philox, 1);
  const Bert bert({.vocab_size = 9, .context = 8, .n_embd = 8, .n_layer = 4, .n_head = 2}, rng);
  const std::unique_ptr<Pretrained> some = with_layers(bert, Numbers{3, 1});
  EXPECT_EQ(some->config().integer("num_hidden_layers"), 2);
  const TensorMap own = weights_of(*some), all = weights_of(bert);
  const std::string layer = "bert.encoder.layer.", part = ".output.dense.weight";
  EXPECT_TRUE(test::bit_equal(own.at(layer + "0" + part), all.at(layer + "3" + part)));
  EXPECT_TRUE(test::bit_equal(own.at(layer + "1" + part), all.at(layer + "1" + part)));
  EXPECT_TRUE(test::bit_equal(own.at("cls.seq_relationship.weight"), all.at("cls.seq_relationship.weight")));
  EXPECT_NE(own.at("bert.pooler.dense.weight").raw(), all.at("bert.pooler.dense.weight").raw()) << "its tensors are its own";
}

TEST(WithLayers, OfADecoderToo) {
  Rng rng(RngMode::philox, 1);
  const Gpt gpt({.vocab_size = 9, .n_positions = 8, .n_embd = 8, .n_layer = 3, .n_head = 2}, rng);
  const TensorMap own = weights_of(*with_layers(gpt, Numbers{2})), all = weights_of(gpt);
  int64_t layers = 0;
  for (const auto& [name, tensor] : own)
    if (const size_t at = name.find("h.0."); at != name.npos) {
      EXPECT_TRUE(test::bit_equal(tensor, all.at(name.substr(0, at) + "h.2." + name.substr(at + 4)))) << name;
      ++layers;
    }
  EXPECT_GT(layers, 5);
}

TEST(WithLayers, SaysWhatIsWrong) {
  Rng rng(RngMode::philox, 1);
  const Bert bert({.vocab_size = 9, .context = 8, .n_embd = 8, .n_layer = 2, .n_head = 2}, rng);
  for (const Numbers& wrong : {Numbers{}, Numbers{2}, Numbers{-1}, Numbers{0, 0}}) EXPECT_THROW(with_layers(bert, wrong), Error);
  const T5 t5({.vocab_size = 9, .n_embd = 8, .n_head = 2, .n_layer = 2}, rng);
  EXPECT_THROW(with_layers(t5, Numbers{0}), Error) << "its encoder and its decoder have layers each";
  EXPECT_EQ(layer_numbers("0, 2,4"), (Numbers{0, 2, 4}));
  for (const char* wrong : {"", "0,", "1-3", "x"}) EXPECT_THROW(layer_numbers(wrong), Error) << wrong;
}

}  // namespace
}  // namespace grim
