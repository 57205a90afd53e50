#include "grimoire/task/qa.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/folds.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/op/convert.h"
#include "grimoire/task/answer_examination.h"
#include "grimoire/task/answer_spans.h"
#include "grimoire/task/finetune.h"
#include "grimoire/train/lm_data.h"

namespace grim {
namespace {

struct QuestionFiles {
  TextQuestions train, dev, test;
};
struct EncodedQuestionFiles {
  EncodedQuestions train, dev, test;
};

// Questions on articles [begin, end) of such an order.
TextQuestions picked(const TextQuestions& all, std::span<const int64_t> articles) {
  const std::vector<int64_t> wanted = [&] {
    std::vector<int64_t> sorted(articles.begin(), articles.end());
    std::ranges::sort(sorted);
    return sorted;
  }();
  TextQuestions some;
  some.content_hash = all.content_hash;
  std::map<size_t, size_t> number;
  for (const TextQuestion& q : all.questions) {
    if (!std::ranges::binary_search(wanted, all.articles[q.context])) continue;
    const auto [at, fresh] = number.try_emplace(q.context, some.contexts.size());
    if (fresh) some.contexts.push_back(all.contexts[q.context]), some.articles.push_back(all.articles[q.context]);
    some.questions.push_back(q);
    some.questions.back().context = at->second;
  }
  return some;
}

// Questions on one article stay together: what answers one of them often stands in the text of another. Whole articles of a random order, the number of
// their questions nearest to what is asked for.
void split_by_article(const TextQuestions& all, double dev_percent, double test_percent, QuestionFiles& files) {
  std::vector<int64_t> questions(static_cast<size_t>(*std::ranges::max_element(all.articles)) + 1);
  for (const TextQuestion& q : all.questions) ++questions[static_cast<size_t>(all.articles[q.context])];
  const std::vector<int64_t> order = Rng(RngMode::philox, 42, "articles").permutation(std::ssize(questions));
  size_t begin = 0;
  const auto take = [&](double percent) {
    const double wanted = percent / 100 * static_cast<double>(all.size());
    const size_t from = begin;
    for (double n = 0; begin < order.size(); ++begin) {
      const double more = static_cast<double>(questions[static_cast<size_t>(order[begin])]);
      if (std::abs(n + more - wanted) >= std::abs(n - wanted)) break;
      n += more;
    }
    return picked(all, std::span(order).subspan(from, begin - from));
  };
  if (dev_percent > 0) files.dev = take(dev_percent);
  if (test_percent > 0) files.test = take(test_percent);
  files.train = picked(all, std::span(order).subspan(begin));
}

// Questions on the articles of that fold, from 1, go to the test part.
void take_fold(TextQuestions& all, int64_t folds, int64_t fold, QuestionFiles& files) {
  std::vector<double> articles;
  for (const TextQuestion& q : all.questions) articles.push_back(static_cast<double>(all.articles[q.context]));
  const std::vector<Fold> each = grouped_folds(articles, folds);
  const Fold& held = each[static_cast<size_t>(fold - 1)];
  const auto articles_of = [&](const std::vector<int64_t>& questions) {
    std::set<int64_t> own;
    for (const int64_t q : questions) own.insert(all.articles[all.questions[static_cast<size_t>(q)].context]);
    return std::vector<int64_t>(own.begin(), own.end());
  };
  files.test = picked(all, articles_of(held.test));
  all = picked(all, articles_of(held.train));
}

struct QaOptions {
  QuestionWindows windows;
  AnswerRules rules = AnswerRules::automatic;
  AnswerOptions answers;
};

class QaTask final : public Task {
 public:
  QaTask(EncoderAtHand at_hand, std::shared_ptr<const QuestionFiles> files, std::shared_ptr<const EncodedQuestionFiles> encoded,
         const FinetuneOptions& finetune, const QaOptions& options)
      : model_(std::move(at_hand.model)), tokenizer_(std::move(at_hand.tokenizer)), files_(std::move(files)), encoded_(std::move(encoded)),
        finetune_(finetune), options_(options.answers), windows_(options.windows.within(model_->context())), layers_(layers_of(*model_)) {}

  Pretrained& model() override { return *model_; }
  double rate_scale(const std::string& parameter) const override { return finetune_.rate_scale(parameter, layers_); }
  int64_t rows() const override { return encoded_->train.windows(); }
  Sampling sampling() const override { return Sampling::epochs; }
  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(rows.size()); }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const TokenBatch batch = encoded_->train.batch(rows);
    std::vector<TokenSpan> targets;
    for (const int64_t r : rows) targets.push_back(encoded_->train.target(r));
    return answer_loss(widened(model_->token_labels(model_->hidden(batch, pass), pass)), batch.offsets, targets);
  }

  bool has(Part part) const override { return of(part).texts() > 0; }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override {
    const EncodedQuestions& texts = of(part);
    if (part == Part::train) {
      const std::vector<int64_t> some = evenly(texts, (batches > 0 ? batches : kMostJudgements) * kJudgedAtOnce);
      const double loss = loss_of_windows(*model_, texts, some, stop);
      return {.loss = loss, .weight = static_cast<double>(some.size()), .stopped = std::isnan(loss)};
    }
    const AnsweredQuestions answered = answer_questions(*model_, texts, options_, stop);
    if (answered.stopped) return {.stopped = true};
    const SquadScores s = score_answers(questions(part), answered.questions, options_);
    return {.loss = answered.loss, .score = s.all.f1 / 100, .weight = static_cast<double>(texts.windows())};
  }
  int64_t batches(Part part) const override {
    return part == Part::train ? std::ssize(evenly(encoded_->train, kFinalTrainBatches * kJudgedAtOnce)) : of(part).windows();
  }
  std::string score_name() const override { return "F1"; }
  Examination examine(Part part, const StopAsked& stop) const override {
    const AnsweredQuestions answered = answer_questions(*model_, of(part), options_, stop);
    if (answered.stopped) return {.judgement = {.stopped = true}};
    return examined_answers(answered, questions(part), options_);
  }
  // Whoever takes all tokens of a window for alike.
  double guessing() const override {
    const EncodedQuestions& texts = has(Part::dev) ? encoded_->dev : encoded_->train;
    double sum = 0;
    for (int64_t w = 0; w < texts.windows(); ++w) sum += std::log(static_cast<double>(texts.tokens(w)));
    return sum / static_cast<double>(texts.windows());
  }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }
  std::vector<std::string> notes() const override {
    std::vector<std::string> all;
    for (const TextQuestions* const f : {&files_->train, &files_->dev, &files_->test})
      if (!f->reading.empty()) all.push_back(f->reading);
    const EncodedQuestionFiles& e = *encoded_;
    if (const int64_t n = e.train.longer() + e.dev.longer() + e.test.longer())
      all.push_back(str("{} of {} questions have texts that are read in several windows of {} tokens, which share {}; {} of the {} windows to learn from hold "
                        "no answer", with_commas(n), with_commas(e.train.texts() + e.dev.texts() + e.test.texts()), windows_.most, windows_.stride,
                        with_commas(e.train.without_answer()), with_commas(e.train.windows())));
    return all;
  }

 private:
  const EncodedQuestions& of(Part part) const {
    return part == Part::train ? encoded_->train : part == Part::dev ? encoded_->dev : part == Part::test ? encoded_->test : none_;
  }
  const TextQuestions& questions(Part part) const { return part == Part::train ? files_->train : part == Part::dev ? files_->dev : files_->test; }
  // Windows from all over, of so many tokens together.
  static std::vector<int64_t> evenly(const EncodedQuestions& texts, int64_t tokens) {
    const std::vector<int64_t> all = texts.by_length();
    int64_t sum = 0;
    for (const int64_t w : all) sum += texts.tokens(w);
    const auto step = static_cast<size_t>(std::max<int64_t>(1, (sum + tokens - 1) / tokens));
    std::vector<int64_t> some;
    for (size_t i = 0; i < all.size(); i += step) some.push_back(all[i]);
    return some;
  }

  std::unique_ptr<TextEncoder> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const QuestionFiles> files_;
  std::shared_ptr<const EncodedQuestionFiles> encoded_;
  FinetuneOptions finetune_;
  AnswerOptions options_;
  QuestionWindows windows_;
  int64_t layers_;
  EncodedQuestions none_;
};

class QaSource final : public TaskSource {
 public:
  QaSource(QuestionFiles files, const FinetuneOptions& finetune, const QaOptions& options)
      : files_(std::make_shared<const QuestionFiles>(std::move(files))), finetune_(finetune), options_(options) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    EncoderAtHand at_hand = encoder_of_run(config, checkpoint, NewHead::answers, {}, rng);
    const auto encoded = encoded_by(*at_hand.tokenizer, at_hand.model->context());
    return std::make_unique<QaTask>(std::move(at_hand), files_, encoded, finetune_, options_);
  }
  void resolve(RunConfig& config) const override {
    int64_t examples = std::ssize(files_->train.questions);
    if (config.steps == 0) examples = encoded_by(*open_tokenizer(model_folder_in(config.init_from)), config.context())->train.windows();
    finetune_.resolve(config, examples);
    config.set("rules", options_.answers.may_lack ? "2.0" : "1.1");
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    return finetune_.identity(config, files_->train.content_hash, files_->dev.content_hash);
  }

 private:
  std::shared_ptr<const EncodedQuestionFiles> encoded_by(const Tokenizer& tokenizer, int64_t context) const {
    return encoded_.of(tokenizer, context, [&] {
      const auto part = [&](const TextQuestions& q) { return EncodedQuestions(tokenizer, q, options_.windows.within(context)); };
      return EncodedQuestionFiles{part(files_->train), part(files_->dev), part(files_->test)};
    });
  }

  std::shared_ptr<const QuestionFiles> files_;
  FinetuneOptions finetune_;
  QaOptions options_;
  EncodedOnce<EncodedQuestionFiles> encoded_;
};

struct QaSettings {
  static TaskWords words() {
    return {.unit = "window", .next = "grimoire predict {} " GRIM_SETTING("question=...") " " GRIM_SETTING("text=...")};
  }
  FinetuneOptions finetune;
  QaOptions qa;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    std::erase_if(all, [](const Option& o) { return o.name == "max-length" || o.name == "long-texts" || o.name == "stride"; });
    for (Option& o : all)
      if (o.name == "data") o.help = "questions to learn from: SQuAD's JSON, or a table with the columns question, context, answer";
    const Options own = {
        {.name = "max-length", .help = "tokens of a window, question and text, where the model reads so many", .target = &qa.windows.most, .low = 8},
        {.name = "stride", .help = "tokens of the text that two windows share", .target = &qa.windows.stride, .low = 0},
        {.name = "rules", .help = "of SQuAD 1.1, or of 2.0, where 'no answer' is one; auto: 2.0 where a question has none", .target = by_choice(&qa.rules),
         .choices = {"auto", "1.1", "2.0"}, .basic = true},
        {.name = "null-threshold", .help = "2.0: 'no answer' is taken where its score is higher by more than this", .target = &qa.answers.threshold},
        {.name = "longest-answer", .help = "tokens of the longest answer", .target = &qa.answers.longest, .low = 1}};
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    QuestionFiles files;
    TextQuestions all = read_questions(run.data);
    const std::string reading = all.reading;
    if (finetune.fold > 0) take_fold(all, finetune.folds, finetune.fold, files);
    const SplitPercent split = finetune.fold > 0 ? finetune.percent_in_fold(run) : SplitPercent::parse(run.split);
    const double dev = finetune.dev.empty() ? split.dev : 0, test = finetune.test.empty() ? split.test : 0;
    split_by_article(all, dev, test, files);
    if (!finetune.dev.empty()) files.dev = read_questions(finetune.dev);
    if (!finetune.test.empty()) files.test = read_questions(finetune.test);
    files.train.reading = reading;
    GRIM_CHECK(files.train.size() > 0, input, "questions", "{}: no text is left to train on beside {} percent for dev and {} for test", run.data, dev, test);
    QaOptions options = qa;
    const bool lacks = files.train.without_answer() + files.dev.without_answer() + files.test.without_answer() > 0;
    options.answers.may_lack = qa.rules == AnswerRules::may_lack || (qa.rules == AnswerRules::automatic && lacks);
    return std::make_unique<QaSource>(std::move(files), finetune, options);
  }
};

}  // namespace

TaskDefaults qa_task_settings() { return task_settings<QaSettings>(); }

}  // namespace grim
