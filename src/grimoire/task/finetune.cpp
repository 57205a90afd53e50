#include "grimoire/task/finetune.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "grimoire/base/setting_words.h"
#include "grimoire/data/folds.h"
#include "grimoire/data/split.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/layer_numbers.h"

namespace grim {
double FinetuneOptions::rate_scale(const std::string& parameter, int64_t layers) const {
  const std::optional<int64_t> layer = layer_in(parameter);
  const int64_t height = layer ? *layer + 1 : parameter.find("embedding") != std::string::npos ? 0 : layers + 1;  // embeddings, layers, head
  const int64_t frozen = freeze < 0 ? layers : freeze > 0 ? freeze : -1;  // up to this height
  return height <= frozen ? 0 : std::pow(layer_decay, static_cast<double>(layers + 1 - height));
}

Options FinetuneOptions::fold_options() {
  return {{.name = "folds", .help = "so many runs, each judged on another part of the data, which neither trains nor chooses", .target = &folds, .low = 0,
           .high = 1000, .basic = true},
          {.name = "fold", .help = "train this fold alone, from 1; 0: one after another", .target = &fold, .low = 0, .with = "folds"}};
}

Options FinetuneOptions::options(RunConfig& run) {
  Options all = {{.name = "data", .help = "labelled texts to learn from: CSV, TSV or JSON Lines", .target = &run.data, .basic = true},
          {.name = "dev", .help = "a file that chooses the best weights; without one, a part of the data", .target = &dev, .basic = true},
          {.name = "test", .help = "a file that judges them in the end", .target = &test, .basic = true, .without = {"folds"}},
          {.name = "split", .help = "percent of the data for train/dev/test, where no file judges", .target = &run.split},
          {.name = "init-from", .help = "the run or model folder that is fine-tuned", .target = &run.init_from},
          {.name = "epochs", .help = "times that the data are gone through", .target = &epochs, .low = 0.001, .basic = true, .without = {"steps"}},
          {.name = "warmup-share", .help = "share of the steps in which the rate grows, where warmup is 0", .target = &warmup_share, .low = 0, .high = 1},
          {.name = "layer-decay", .help = "a layer's rate is that of the one above times this", .target = &layer_decay, .low = 0.01, .high = 1},
          {.name = "freeze", .help = "embeddings and so many layers stay as they are; -1: all but the head", .target = &freeze, .low = -1},
          {.name = "max-length", .help = "tokens read of a text at once; 0: what the model reads", .target = &windows.most, .low = 0},
          {.name = "long-texts", .help = "what is read of longer ones: their head, tail, all in windows; or they are refused",
           .target = by_choice(&windows.longer), .choices = {kLongTexts.begin(), kLongTexts.end()}},
          {.name = "stride", .help = "tokens that two windows share", .target = &windows.stride, .low = 0, .with = "long-texts=window"}};
  const Options folded = fold_options();
  all.insert(all.begin() + 3, folded.begin(), folded.end());  // behind the files
  return all;
}

void FinetuneOptions::resolve(RunConfig& run, int64_t examples) const {
  if (run.batch_size == 0 && !run.full_batch) run.batch_size = 32;
  const double step = static_cast<double>(run.full_batch ? examples : run.batch_size * run.accumulate);
  if (run.steps == 0) run.steps = std::max<int64_t>(1, std::llround(std::ceil(epochs * static_cast<double>(examples) / step)));
  if (run.warmup == 0) run.warmup = std::llround(warmup_share * static_cast<double>(run.steps));
}

SplitPercent FinetuneOptions::percent_in_fold(const RunConfig& run) const {
  const SplitPercent split = SplitPercent::parse(run.split);
  const double both = split.train + split.dev;
  GRIM_CHECK(both > 0, input, "finetune", "{} of the data train: nothing is left beside the folds", run.split);
  return {.train = 100 * split.train / both, .dev = 100 * split.dev / both, .test = 0};
}

FinetuneOptions::Shares FinetuneOptions::shares(const RunConfig& run, int64_t examples, const std::vector<double>& strata) const {
  GRIM_CHECK(fold <= folds, usage, "finetune", "got fold {} of {}, expected 1 to {}", fold, folds, folds);
  std::optional<Fold> held;
  if (fold > 0) held = shuffled_folds(strata, examples, folds, 42)[static_cast<size_t>(fold - 1)];
  const SplitPercent split = held ? percent_in_fold(run) : SplitPercent::parse(run.split);
  std::vector<int64_t> order = Rng(RngMode::philox, 42, "texts").permutation(held ? std::ssize(held->train) : examples);
  if (held) order = pick(held->train, order);
  const auto part = [&](double from, double percent) {
    const double n = static_cast<double>(order.size());
    return std::vector<int64_t>(order.begin() + std::llround(n * from / 100), order.begin() + std::llround(n * (from + percent) / 100));
  };
  const double for_dev = dev.empty() ? split.dev : 0, for_test = test.empty() ? split.test : 0;
  Shares shares{.train = part(0, 100 - for_dev - for_test), .dev = part(100 - for_dev - for_test, for_dev), .test = part(100 - for_test, for_test)};
  if (held) shares.test = held->test;
  GRIM_CHECK(!shares.train.empty(), input, "finetune", "{}: no text is left to train on beside {} percent for dev and {} for test", run.data, for_dev,
             for_test);
  return shares;
}

Json FinetuneOptions::identity(const RunConfig& run, const std::string& train_hash, const std::string& dev_hash) const {
  Json all = Json::object({{"content_xxh3_128", train_hash}, {"dev_xxh3_128", dev_hash}, {"split", run.split}});
  if (fold > 0) all.set("fold", fold_in_words());
  return all;
}

std::vector<double> numbered_texts(std::span<const std::string> texts) {
  std::map<std::string_view, double> numbers;
  std::vector<double> all;
  for (const std::string& text : texts) all.push_back(numbers.try_emplace(text, static_cast<double>(numbers.size())).first->second);
  return all;
}

std::vector<int64_t> evenly_spread(int64_t examples) {
  constexpr int64_t kMost = 2048;
  std::vector<int64_t> some;
  for (int64_t i = 0; i < examples; i += (examples + kMost - 1) / kMost) some.push_back(i);
  return some;
}

EncoderAtHand encoder_of_run(const RunConfig& run, const std::string& checkpoint, NewHead head, const Labels& labels, Rng& rng,
                             const TokenizerMaker& fresh) {
  EncoderAtHand at_hand;
  std::unique_ptr<Pretrained> model;
  std::string folder;
  if (checkpoint.empty() && fresh && run.init_from.empty() && run.has_own_shape()) {
    at_hand.tokenizer = fresh();
    model = run.shape_for(at_hand.tokenizer->vocab_size())->build(rng);
  } else if (checkpoint.empty()) {
    ModelFolder opened = open_model_folder(folder = model_folder_in(run.init_from));
    model = std::move(opened.model), at_hand.tokenizer = std::move(opened.tokenizer);
  } else {
    model = build_model(model_config(folder = checkpoint), rng), at_hand.tokenizer = open_tokenizer(folder);
  }
  at_hand.model = capability_in<TextEncoder>(model);
  GRIM_CHECK(at_hand.model || !folder.empty(), argument, "finetune", "{} is no encoder: it does not label texts", run.model);
  if (!at_hand.model)
    throw Error(ErrorKind::input, str("'{}' holds no encoder: it is fine-tuned by its own task", folder), "begin with a BERT, or one of its kin");
  GRIM_CHECK(at_hand.tokenizer, input, "finetune", "'{}' holds no tokenizer", folder);
  if (checkpoint.empty()) at_hand.model = at_hand.model->with_head(head, labels, rng);
  return at_hand;
}

}  // namespace grim
