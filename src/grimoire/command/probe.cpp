#include <algorithm>
#include <utility>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/feature_flags.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/task/tag_scores.h"

namespace grim {
namespace {

enum class ProbeTask : uint8_t { classify, tag };

// What is learned from and what judges: rows of each layer, and the number of each row's class.
struct Part {
  std::vector<Tensor> features;  // of each layer (rows, C)
  std::vector<double> y;
};

std::vector<int64_t> every_fifth(int64_t n, bool fifth) {
  std::vector<int64_t> some;
  for (int64_t i = 0; i < n; ++i)
    if ((i % 5 == 4) == fifth) some.push_back(i);
  return some;
}

// A learner on frozen features, layer by layer.
class ProbeCommand final : public Command {
 public:
  std::string name() const override { return "probe"; }
  std::string summary() const override { return "see what the layers of a model know: a learner on each"; }
  std::vector<std::string> examples() const override {
    return {"grimoire probe minilm --data train.tsv --dev dev.tsv", "grimoire probe bert-tiny --data reviews.csv --learner knn --pool cls",
            "grimoire probe minilm --task tag --data train.conllu --dev dev.conllu"};
  }
  std::vector<Positional> positionals() override { return {{"model", "a folder of BERT's kind, a run folder, or the name of a published model", &model_}}; }
  Options options() override {
    flags_.layers = "all";
    Options all = {{.name = "task", .help = "what is told apart: texts by their labels, or words by their tags", .target = by_choice(&task_),
                    .choices = {"classify", "tag"}, .basic = true},
                   {.name = "data", .help = "labelled texts: CSV, TSV or JSON Lines; tagged words: CoNLL, CoNLL-U or JSON Lines", .target = &data_,
                    .basic = true, .required = true},
                   {.name = "dev", .help = "likewise, to judge by; else every fifth text or sentence of the data", .target = &dev_, .basic = true},
                   {.name = "label-column", .help = "column of the labels or tags", .target = &label_column_, .basic = true},
                   {.name = "word-column", .help = "column of the words", .target = &word_column_, .with = "task=tag"},
                   {.name = "learner", .help = "what learns: a classifier of 'grimoire fit'", .target = &learner_, .basic = true},
                   {.name = "param", .help = "a parameter of it, NAME=VALUE; may be given again and again", .target = &params_}};
    for (Option& o : flags_.options()) {
      if (o.name == "pool" || o.name == "text-column" || o.name == "pair-column") o.without.push_back("task=tag");
      all.push_back(std::move(o));
    }
    return all;
  }

  int run(Console& console) override {
    const device::ThreadCap cap(flags_.threads);
    const std::unique_ptr<Estimator> learner = make_estimator(learner_);
    set_params(*learner, params_);
    if (!learner->classifies()) refuse(*this, str("--learner {}: it tells no classes apart", learner_), "take logistic, linear_svm or knn");
    if (flags_.pool == Pool::none) refuse(*this, "--pool none: a text has one label, and would have many vectors", "take mean, cls, max or last");
    const TrainedEncoder trained = load_encoder(model_at(model_), flags_.weights);
    layers_ = layers_in(flags_.layers, layers_of(*trained.model));
    if (task_ == ProbeTask::classify) read_texts(trained, console);
    else read_words(trained, console);
    const bool spans = task_ == ProbeTask::tag && marks_spans(set_);
    report::Table table{{"layer", "accuracy", "from", "to", "seconds"}, {}};
    if (spans) table.columns = {"layer", "F1", "accuracy", "seconds"};
    Json rows = Json::array();
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string layer = layers_[i] == 0 ? "0, embeddings" : std::to_string(layers_[i]);
      console.live(str("layer {}: {} rows to learn from", layer, with_commas(std::ssize(train_.y))));
      const double begin = monotonic_seconds();
      const std::vector<double> said = learned(*learner, i);
      const double n = static_cast<double>(said.size()), seconds = monotonic_seconds() - begin;
      double right = 0;
      for (size_t r = 0; r < said.size(); ++r) right += said[r] == judged_.y[r];
      const report::Number accuracy = report::number(right / n, "{:.4f}"), took = report::number(seconds, "{:.1f}");
      Json row = Json::object({{"layer", layers_[i]}, {"accuracy", right / n}, {"seconds", seconds}});
      if (spans) {
        const double f1 = f1_of(said);
        table.rows.push_back({layer, report::number(f1, "{:.4f}"), accuracy, took});
        row.set("f1", f1);
      } else {
        const auto known = stats::proportion_interval(right, n);
        table.rows.push_back({layer, accuracy, report::number(known.low, "{:.4f}"), report::number(known.high, "{:.4f}"), took});
        row.set("interval", Json::array({known.low, known.high}));
      }
      rows.push(row);
    }
    const bool words = task_ == ProbeTask::tag;
    show(console, {"", {table, report::Figure{"seconds for the features", report::number(seconds_, "{:.1f}")},
                        report::Remark{str("{} on frozen {} vectors; {} {} learned from, {} judged{}", learner_,
                                           words ? "first-piece" : kPools[static_cast<size_t>(flags_.pool)], train_.y.size(), words ? "words" : "texts",
                                           judged_.y.size(), spans ? "" : ", 95 % intervals")}}},
         Json::object({{"layers", rows}, {"learner", learner_}, {"feature_seconds", seconds_}}));
    return 0;
  }

 private:
  // What a fresh learner says of the judged rows.
  std::vector<double> learned(const Estimator& learner, size_t layer) const {
    std::vector<std::unique_ptr<Estimator>> steps;
    steps.push_back(make_estimator("scaler"));
    steps.push_back(learner.clone());
    Pipeline pipeline(std::move(steps));
    pipeline.fit({.x = Features(train_.features[layer]), .y = train_.y, .weight = {}, .classes = set_.names});
    return pipeline.predict(Features(judged_.features[layer]));
  }

  void read_texts(const TrainedEncoder& trained, Console& console) {
    const LabelledColumns columns{flags_.text_column, flags_.pair_column, label_column_};
    const auto read = [&](const std::string& path) { return labelled_texts(read_text_table(path, {columns.text, columns.pair, columns.label}), columns); };
    const LabelledTexts texts = read(data_);
    console.say(texts.reading);
    set_ = labels_in(texts, LabelKind::one);
    train_ = part_of(trained, texts, console);
    if (!dev_.empty()) return void(judged_ = part_of(trained, read(dev_), console));
    const Part all = std::exchange(train_, {});
    const auto take = [&](Part& part, const std::vector<int64_t>& rows) {
      for (const Tensor& x : all.features) part.features.push_back(Features(x).pick_rows(rows).to_tensor(Dtype::f32));
      for (const int64_t r : rows) part.y.push_back(all.y[static_cast<size_t>(r)]);
    };
    take(train_, every_fifth(std::ssize(all.y), false)), take(judged_, every_fifth(std::ssize(all.y), true));
  }
  Part part_of(const TrainedEncoder& trained, const LabelledTexts& texts, Console& console) {
    const Tensor targets = label_targets(texts, set_);
    const double begin = monotonic_seconds();
    Part part{text_features(*trained.model, flags_.encode(trained, texts, console), layers_, flags_.pool).layers, {}};
    seconds_ += monotonic_seconds() - begin;
    const int64_t K = targets.dim(1);
    for (int64_t t = 0; t < targets.dim(0); ++t) {
      const double* const row = targets.data<double>() + t * K;
      part.y.push_back(static_cast<double>(std::max_element(row, row + K) - row));
    }
    return part;
  }

  void read_words(const TrainedEncoder& trained, Console& console) {
    const TaggedColumns columns{word_column_, label_column_};
    const TaggedSentences all = read_tagged_words(data_, columns);
    console.say(all.reading);
    set_ = tags_in(all);
    const int64_t n = all.sentences();
    sentences_ = dev_.empty() ? all.picked(every_fifth(n, true)) : read_tagged_words(dev_, columns);
    GRIM_CHECK(sentences_.sentences() > 0, input, "tags", "{}: {} sentences, of which every fifth judges: expected five or more", data_, n);
    train_ = part_of(trained, dev_.empty() ? all.picked(every_fifth(n, false)) : all);
    judged_ = part_of(trained, sentences_);
  }
  Part part_of(const TrainedEncoder& trained, const TaggedSentences& sentences) {
    const double begin = monotonic_seconds();
    const EncodedWords words(*trained.tokenizer, sentences, {.most = flags_.most(trained), .longer = LongTexts::window});
    Part part{word_features(*trained.model, words, layers_), {}};
    seconds_ += monotonic_seconds() - begin;
    for (const int64_t tag : tag_numbers(sentences, set_)) part.y.push_back(static_cast<double>(tag));
    return part;
  }
  double f1_of(const std::vector<double>& said) const {
    std::vector<Tags> is, answers;
    for (int64_t s = 0; s < sentences_.sentences(); ++s) {
      is.emplace_back(sentences_.tags_of(s).begin(), sentences_.tags_of(s).end());
      answers.emplace_back();
      for (int64_t w = sentences_.begins[static_cast<size_t>(s)]; w < sentences_.begins[static_cast<size_t>(s) + 1]; ++w)
        answers.back().push_back(set_.names[static_cast<size_t>(said[static_cast<size_t>(w)])]);
    }
    return seqeval(is, answers).micro.f1;
  }

  FeatureFlags flags_;
  ProbeTask task_ = ProbeTask::classify;
  std::string model_, data_, dev_, label_column_, word_column_, learner_ = "logistic";
  std::vector<std::string> params_;
  std::vector<int64_t> layers_;
  Labels set_;
  Part train_, judged_;
  TaggedSentences sentences_;  // that judge
  double seconds_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_probe_command() { return std::make_unique<ProbeCommand>(); }

}  // namespace grim
