#include "grimoire/adapt/fisher.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/adapt/merge_method.h"
#include "grimoire/adapt/unit_groups.h"
#include "grimoire/text/char_tokenizer.h"
#include "support/any_model.h"

namespace grim {
namespace {

TEST(Fisher, IsTheMeanSquareOfTheSlopes) {
  test::TempFolder folder;
  std::string text;
  for (char c = 'A'; c < 'A' + 31; ++c) text += c;
  for (int i = 0; i < 60; ++i) text += "ABBACAD_"[i * 5 % 8];
  write_atomically(folder / "text", text);
  const CharTokenizer tokenizer = CharTokenizer::of_text(text);
  ASSERT_EQ(tokenizer.vocab_size(), 31);
  std::unique_ptr<Pretrained> any = test::small_model(architecture_named("mlp"));
  const std::unique_ptr<CausalLm> model = capability_in<CausalLm>(any);
  const TextLoss loss(folder / "text", *model, tokenizer);
  constexpr int64_t kRows = 3;
  Rng rng(RngMode::philox, 2), again(RngMode::philox, 2);
  const TensorMap f = fisher_information(*model, loss, kRows, rng);
  std::vector<std::pair<Tensor, Tensor>> rows;
  for (int64_t i = 0; i < kRows; ++i) rows.push_back(loss.drawn(again, 1));
  const ModelTensors tensors(*model);
  for (const std::string name : {"out.bias", "out.weight", "hidden.bias"})
    for (const int64_t i : {0, 1, 7}) {
      float& w = tensors.at(name).data<float>()[i];
      double mean = 0;
      for (const auto& [x, y] : rows) {
        const float was = w, h = 0.01f;
        Pass pass = Pass::evaluation();
        w = was + h;
        const double up = model->loss(x, y, pass).item();
        w = was - h;
        const double down = model->loss(x, y, pass).item();
        w = was;
        mean += std::pow((up - down) / (2 * static_cast<double>(h)), 2) / kRows;
      }
      EXPECT_NEAR(f.at(name).data<float>()[i], mean, 2e-3 * mean + 1e-7) << name << " " << i;
    }
}

TEST(Fisher, ANumberIsTheModelsWhoseLossHangsOnIt) {
  MergeCase c{.models = {Tensor::from({1.f, 1.f, 1.f}, {3}), Tensor::from({3.f, 3.f, 3.f}, {3})}, .of_models = {{{"weight", 1}}, {{"weight", 1}}}};
  c.information = {Tensor::from({1.f, 0.f, 3.f}, {3}), Tensor::from({0.f, 0.f, 1.f}, {3})};
  EXPECT_EQ(merge_fisher(c).to_vector<float>(), (std::vector<float>{1, 2, 1.5}));
}

}  // namespace
}  // namespace grim
