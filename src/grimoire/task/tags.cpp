#include "grimoire/task/tags.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/tag_examination.h"
#include "grimoire/task/tag_scores.h"

namespace grim {
namespace {

// Which sentences train and which judge, as they were read; and of those that train, as many as tell their loss well enough.
struct TagFiles {
  TaggedSentences train, dev, test, train_sample;
};
struct EncodedTagFiles {
  EncodedWords train, dev, test, train_sample;
};

struct TagPart {
  const TaggedSentences* sentences = nullptr;
  const EncodedWords* words = nullptr;
  std::vector<int64_t> tags = {};  // as tag_numbers
};

class TagTask final : public Task {
 public:
  TagTask(EncoderAtHand at_hand, std::shared_ptr<const TagFiles> files, std::shared_ptr<const EncodedTagFiles> encoded, const FinetuneOptions& options)
      : model_(std::move(at_hand.model)), tokenizer_(std::move(at_hand.tokenizer)), labels_(model_->label_set()), options_(options),
        layers_(layers_of(*model_)), files_(std::move(files)), encoded_(std::move(encoded)) {
    const auto part = [&](const TaggedSentences& sentences, const EncodedWords& words) {
      return sentences.words.empty() ? TagPart() : TagPart{&sentences, &words, tag_numbers(sentences, labels_)};
    };
    train_ = part(files_->train, encoded_->train), dev_ = part(files_->dev, encoded_->dev), test_ = part(files_->test, encoded_->test);
    train_sample_ = part(files_->train_sample, encoded_->train_sample);
  }

  Pretrained& model() override { return *model_; }
  double rate_scale(const std::string& parameter) const override { return options_.rate_scale(parameter, layers_); }
  int64_t rows() const override { return train_.words->windows().windows(); }
  Sampling sampling() const override { return Sampling::epochs; }
  double weight(std::span<const int64_t> rows) const override {
    int64_t words = 0;
    for (const int64_t r : rows) words += train_.words->words_in(r);
    return static_cast<double>(words);
  }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const WordBatch batch = train_.words->batch(rows);
    const Tensor firsts = index_select(model_->hidden(batch.tokens, pass), 0, batch.firsts);  // (M, C)
    const Tensor targets = Tensor::empty({std::ssize(batch.words)}, Dtype::i64);
    for (size_t i = 0; i < batch.words.size(); ++i) targets.data<int64_t>()[i] = train_.tags[static_cast<size_t>(batch.words[i])];
    return cross_entropy(widened(model_->token_labels(firsts, pass)), targets);
  }

  bool has(Part part) const override { return of(part).words != nullptr; }
  Judgement judge(Part part, int64_t, const StopAsked& stop) const override {
    const TagAnswers answers = answer_words(*model_, *of(part).words, stop);
    if (answers.stopped) return {.stopped = true};
    const TagScores s = score_tags(answers, *of(part).sentences, labels_);
    return {.loss = s.loss, .score = s.score, .weight = static_cast<double>(of(part).words->words() - s.unknown)};
  }
  int64_t batches(Part part) const override { return of(part).words->words(); }
  std::string score_name() const override { return tag_score_name(labels_); }
  Examination examine(Part part, const StopAsked& stop) const override {
    const TagAnswers answers = answer_words(*model_, *of(part).words, stop);
    if (answers.stopped) return {.judgement = {.stopped = true}};
    return examined_tags(answers, *of(part).sentences, labels_);
  }
  double guessing() const override { return std::log(static_cast<double>(labels_.names.size())); }
  // Whoever gives every word the shares of the tags among those that train.
  double baseline(const StopAsked&) const override {
    std::vector<double> counts(labels_.names.size());
    for (const int64_t tag : train_.tags) counts[static_cast<size_t>(tag)] += 1;
    double nats = 0, n = 0;
    for (const int64_t tag : (has(Part::dev) ? dev_ : train_).tags)
      if (tag >= 0) nats -= std::log(std::max(1.0, counts[static_cast<size_t>(tag)]) / static_cast<double>(train_.tags.size())), n += 1;
    return nats / n;
  }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }
  std::vector<std::string> notes() const override {
    std::vector<std::string> all;
    int64_t longer = 0, cut = 0, sentences = 0;
    for (const TagPart* const p : {&train_, &dev_, &test_}) {
      if (!p->words) continue;
      if (!p->sentences->reading.empty()) all.push_back(p->sentences->reading);
      longer += p->words->longer(), cut += p->words->cut(), sentences += p->sentences->sentences();
    }
    all.push_back(str("{} tags; the score is {}", labels_.names.size(),
                      marks_spans(labels_) ? "the F1 of whole spans, as conlleval reads them" : "the accuracy of words"));
    if (longer > 0)
      all.push_back(str("{} of {} sentences are longer than {} tokens, and are read in windows that are cut between words (" GRIM_SETTING("long-texts") ")",
                        with_commas(longer), with_commas(sentences), options_.windows.within(model_->context()).most));
    if (cut > 0) all.push_back(str("of {} words that are longer than that only the first pieces are read", with_commas(cut)));
    for (const TagPart* const p : {&dev_, &test_})
      if (const auto unknown = std::ranges::count(p->tags, -1))
        all.push_back(str("{}: {} of {} words have a tag that nothing is learned of: they count as wrong", p->sentences->source, with_commas(unknown),
                          with_commas(std::ssize(p->tags))));
    return all;
  }

 private:
  const TagPart& of(Part part) const { return part == Part::train ? train_sample_ : part == Part::dev ? dev_ : part == Part::test ? test_ : none_; }

  std::unique_ptr<TextEncoder> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Labels labels_;
  FinetuneOptions options_;
  int64_t layers_;
  std::shared_ptr<const TagFiles> files_;
  std::shared_ptr<const EncodedTagFiles> encoded_;
  TagPart train_, dev_, test_, train_sample_, none_;
};

class TagSource final : public TaskSource {
 public:
  TagSource(TagFiles files, Labels labels, const FinetuneOptions& options)
      : files_(std::make_shared<const TagFiles>(std::move(files))), labels_(std::move(labels)), options_(options) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    EncoderAtHand at_hand = encoder_of_run(config, checkpoint, NewHead::tokens, labels_, rng);
    std::shared_ptr<const EncodedTagFiles> encoded = encoded_.of(*at_hand.tokenizer, at_hand.model->context(), [&] {
      const TextWindows windows = options_.windows.within(at_hand.model->context());
      const auto part = [&](const TaggedSentences& s) { return s.words.empty() ? EncodedWords() : EncodedWords(*at_hand.tokenizer, s, windows); };
      return EncodedTagFiles{part(files_->train), part(files_->dev), part(files_->test), part(files_->train_sample)};
    });
    return std::make_unique<TagTask>(std::move(at_hand), files_, std::move(encoded), options_);
  }
  void resolve(RunConfig& config) const override {
    options_.resolve(config, files_->train.sentences());
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    Json all = options_.identity(config, files_->train.content_hash, files_->dev.content_hash);
    all.set("labels", Json::array_of(labels_.names));
    return all;
  }

 private:
  std::shared_ptr<const TagFiles> files_;
  Labels labels_;
  FinetuneOptions options_;
  EncodedOnce<EncodedTagFiles> encoded_;
};

// Where tags mark spans, sentences with spans of the same types.
std::vector<double> strata_of(const TaggedSentences& sentences, const Labels& set) {
  if (!marks_spans(set)) return {};
  std::vector<std::string> types;
  for (int64_t s = 0; s < sentences.sentences(); ++s) {
    std::set<std::string> own;
    for (const std::string& tag : sentences.tags_of(s))
      if (tag.size() > 2) own.insert(tag.substr(2));
    types.push_back(joined(std::vector<std::string>(own.begin(), own.end())));
  }
  return numbered_texts(types);
}

enum class LongSentences : uint8_t { window, refuse };

struct TagSettings {
  static TaskWords words() {
    return {.unit = "word", .baseline = "answering what is usual", .next = "grimoire predict {} " GRIM_SETTING("text=..."), .rival = "answering what is usual"};
  }
  TaggedColumns columns;
  FinetuneOptions finetune;
  LongSentences longer = LongSentences::window;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    for (Option& o : all) {
      if (o.name == "data") o.help = "sentences to learn from: CoNLL, CoNLL-U, or JSON Lines of words and tags";
      if (o.name == "max-length") o.help = "tokens read at once; 0: what the model reads";
      if (o.name == "long-texts")
        o = {.name = o.name, .help = "longer sentences are read in windows that are cut between words; or they are refused", .target = by_choice(&longer),
             .choices = {"window", "refuse"}};
      if (o.name == "stride") o.help = "tokens that two windows share, at most";
    }
    all.push_back({.name = "word-column", .help = "column of the words, by number from 0, in CoNLL-U by name, or a key; else the first",
                   .target = &columns.word, .basic = true});
    all.push_back({.name = "label-column", .help = "column of the tags, likewise; else the last, in CoNLL-U UPOS", .target = &columns.label, .basic = true});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    TagFiles files;
    TaggedSentences all = read_tagged_words(run.data, columns);
    const Labels labels = tags_in(all);
    for (auto& [path, to] : {std::pair<const std::string&, TaggedSentences&>{finetune.dev, files.dev}, {finetune.test, files.test}})
      if (!path.empty()) to = read_tagged_words(path, columns), tag_numbers(to, labels);
    const FinetuneOptions::Shares shares = finetune.shares(run, all.sentences(), strata_of(all, labels));
    files.train = all.picked(shares.train);
    if (!shares.dev.empty()) files.dev = all.picked(shares.dev);
    if (!shares.test.empty()) files.test = all.picked(shares.test);
    files.train.reading = all.reading;
    files.train_sample = files.train.picked(evenly_spread(files.train.sentences()));
    FinetuneOptions options = finetune;
    options.windows.longer = longer == LongSentences::window ? LongTexts::window : LongTexts::refuse;
    return std::make_unique<TagSource>(std::move(files), labels, options);
  }
};

}  // namespace

TaskDefaults tag_task_settings() { return task_settings<TagSettings>(); }

}  // namespace grim
