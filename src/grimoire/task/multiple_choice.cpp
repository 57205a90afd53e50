#include "grimoire/task/multiple_choice.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/split.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/op/convert.h"
#include "grimoire/task/choice_examination.h"
#include "grimoire/task/choice_scores.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/softmax_within.h"
#include "grimoire/train/lm_data.h"

namespace grim {
namespace {

struct ChoiceFile {
  std::vector<ChoiceQuestion> questions;
  std::string source, content_hash;
};
struct ChoiceFiles {
  ChoiceFile train, dev, test;
};
struct EncodedChoiceFiles {
  EncodedChoices train, dev, test;
};

ChoiceFile read(const std::string& path) {
  const Corpus corpus = load_corpus(path, CorpusFormat::text);
  return {parse_choices(corpus.text, path), path, corpus.file_hash};
}

class ChoiceTask final : public Task {
 public:
  ChoiceTask(EncoderAtHand at_hand, std::shared_ptr<const ChoiceFiles> files, std::shared_ptr<const EncodedChoiceFiles> encoded,
             const FinetuneOptions& options)
      : model_(std::move(at_hand.model)), tokenizer_(std::move(at_hand.tokenizer)), files_(std::move(files)), encoded_(std::move(encoded)),
        options_(options), layers_(layers_of(*model_)) {}

  Pretrained& model() override { return *model_; }
  double rate_scale(const std::string& parameter) const override { return options_.rate_scale(parameter, layers_); }
  int64_t rows() const override { return encoded_->train.questions(); }
  Sampling sampling() const override { return Sampling::epochs; }
  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(rows.size()); }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const TokenBatch batch = encoded_->train.batch(rows);
    const Tensor logits = widened(model_->labels(model_->hidden(batch, pass), batch, pass));  // (pairs, 1)
    std::vector<int64_t> right;
    for (const int64_t r : rows) right.push_back(files_->train.questions[static_cast<size_t>(r)].answer);
    return cross_entropy_within(logits, encoded_->train.offsets(rows), right);
  }

  bool has(Part part) const override { return of(part).questions() > 0; }
  Judgement judge(Part part, int64_t, const StopAsked& stop) const override {
    const ChosenAnswers chosen = choose_answers(*model_, of(part), stop);
    if (chosen.stopped) return {.stopped = true};
    const ChoiceScores s = score_choices(chosen, questions(part));
    return {.loss = s.loss, .score = s.accuracy, .weight = static_cast<double>(questions(part).size())};
  }
  int64_t batches(Part part) const override { return of(part).questions(); }
  std::string score_name() const override { return "accuracy"; }
  Examination examine(Part part, const StopAsked& stop) const override {
    const ChosenAnswers chosen = choose_answers(*model_, of(part), stop);
    if (chosen.stopped) return {.judgement = {.stopped = true}};
    return examined_choices(chosen, questions(part));
  }
  // Whoever takes all answers for alike.
  double guessing() const override {
    const std::vector<ChoiceQuestion>& all = questions(has(Part::dev) ? Part::dev : Part::train);
    double sum = 0;
    for (const ChoiceQuestion& q : all) sum += std::log(static_cast<double>(q.choices.size()));
    return sum / static_cast<double>(all.size());
  }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }
  std::vector<std::string> notes() const override {
    const int64_t n = encoded_->train.longer() + encoded_->dev.longer() + encoded_->test.longer();
    if (n == 0) return {};
    return {str("{} questions with an answer are longer than {} tokens, and are read up to there", with_commas(n),
                options_.windows.within(model_->context()).most)};
  }

 private:
  const EncodedChoices& of(Part part) const {
    return part == Part::train ? encoded_->train : part == Part::dev ? encoded_->dev : part == Part::test ? encoded_->test : none_;
  }
  const std::vector<ChoiceQuestion>& questions(Part part) const {
    return (part == Part::train ? files_->train : part == Part::dev ? files_->dev : files_->test).questions;
  }

  std::unique_ptr<TextEncoder> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChoiceFiles> files_;
  std::shared_ptr<const EncodedChoiceFiles> encoded_;
  FinetuneOptions options_;
  int64_t layers_;
  EncodedChoices none_;
};

class ChoiceSource final : public TaskSource {
 public:
  ChoiceSource(ChoiceFiles files, const FinetuneOptions& options) : files_(std::make_shared<const ChoiceFiles>(std::move(files))), options_(options) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    EncoderAtHand at_hand = encoder_of_run(config, checkpoint, NewHead::choices, {}, rng);
    std::shared_ptr<const EncodedChoiceFiles> encoded = encoded_.of(*at_hand.tokenizer, at_hand.model->context(), [&] {
      const int64_t most = options_.windows.within(at_hand.model->context()).most;
      const auto part = [&](const ChoiceFile& f) { return EncodedChoices(*at_hand.tokenizer, f.questions, most, f.source); };
      return EncodedChoiceFiles{part(files_->train), part(files_->dev), part(files_->test)};
    });
    return std::make_unique<ChoiceTask>(std::move(at_hand), files_, std::move(encoded), options_);
  }
  void resolve(RunConfig& config) const override {
    options_.resolve(config, std::ssize(files_->train.questions));
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    return options_.identity(config, files_->train.content_hash, files_->dev.content_hash);
  }

 private:
  std::shared_ptr<const ChoiceFiles> files_;
  FinetuneOptions options_;
  EncodedOnce<EncodedChoiceFiles> encoded_;
};

struct ChoiceSettings {
  static TaskWords words() {
    return {.unit = "question", .next = "grimoire predict {} " GRIM_SETTING("question=...") " " GRIM_SETTING("choice=...") " " GRIM_SETTING("choice=...")};
  }
  FinetuneOptions finetune;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    std::erase_if(all, [](const Option& o) { return o.name == "long-texts" || o.name == "stride"; });
    for (Option& o : all)
      if (o.name == "data") o.help = R"(questions to learn from, a line each: {"question": ..., "choices": [...], "answer": number from 0})";
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    ChoiceFiles files{.train = read(run.data), .dev = {}, .test = {}};
    const SplitPercent split = SplitPercent::parse(run.split);
    const std::vector<ChoiceQuestion> all = std::move(files.train.questions);
    const std::vector<int64_t> order = Rng(RngMode::philox, 42, "questions").permutation(std::ssize(all));
    const auto part = [&](double from, double percent) {
      const double n = static_cast<double>(order.size());
      const int64_t begin = std::llround(n * from / 100), end = std::llround(n * (from + percent) / 100);
      return pick(all, std::vector<int64_t>(order.begin() + begin, order.begin() + end));
    };
    const double dev = finetune.dev.empty() ? split.dev : 0, test = finetune.test.empty() ? split.test : 0;
    files.train.questions = part(0, 100 - dev - test);
    if (finetune.fold > 0) {
      const FinetuneOptions::Shares shares = finetune.shares(run, std::ssize(all));
      const auto file = [&](const std::vector<int64_t>& questions) { return ChoiceFile{pick(all, questions), run.data, files.train.content_hash}; };
      files = {file(shares.train), file(shares.dev), file(shares.test)};
      if (!finetune.dev.empty()) files.dev = read(finetune.dev);
      return std::make_unique<ChoiceSource>(std::move(files), finetune);
    }
    if (!finetune.dev.empty()) files.dev = read(finetune.dev);
    else if (dev > 0) files.dev = {part(100 - dev - test, dev), run.data, files.train.content_hash};
    if (!finetune.test.empty()) files.test = read(finetune.test);
    else if (test > 0) files.test = {part(100 - test, test), run.data, files.train.content_hash};
    GRIM_CHECK(!files.train.questions.empty(), input, "choices", "{}: no question is left to train on beside {} percent for dev and {} for test", run.data, dev,
               test);
    return std::make_unique<ChoiceSource>(std::move(files), finetune);
  }
};

}  // namespace

TaskDefaults choice_task_settings() { return task_settings<ChoiceSettings>(); }

}  // namespace grim
