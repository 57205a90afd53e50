// What tasks share whose examples lie in parts, drawn by their numbers and judged in batches of texts, and whose data are a text that a tokenizer cuts.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "grimoire/base/setting_words.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/split.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/train/events.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run_config.h"
#include "grimoire/train/task.h"
#include "grimoire/train/task_source.h"

namespace grim {

inline constexpr int64_t kTextsAtOnce = 32;  // of an evaluation

// Where tokens are judged that were taken out of a text.
inline TaskWords token_words() {
  return {"token", "by how common each is", "grimoire eval {} " GRIM_SETTING("data=FILE"), "guessing by how common each is"};
}

// Shows the numbers of the examples of each batch, of at most `batches`; 0: all. Has it been stopped?
template <class Examples, class See> bool each_batch(const Examples& examples, int64_t batches, const StopAsked& stop, const See& see) {
  std::vector<int64_t> rows;
  for (int64_t begin = 0, done = 0; begin < examples.rows() && (batches == 0 || done < batches); begin += kTextsAtOnce, ++done) {
    if (stop && stop()) return true;
    rows.resize(static_cast<size_t>(std::min(examples.rows(), begin + kTextsAtOnce) - begin));
    std::iota(rows.begin(), rows.end(), begin);
    see(rows);
  }
  return false;
}

// A model of this capability, its tokenizer, and Examples with rows() for train, dev and test.
template <class Model, class Examples> class PartTask : public Task {
 public:
  Model& model() override { return *model_; }
  int64_t rows() const override { return train_.rows(); }
  bool has(Part part) const override { return of(part).rows() > 0; }
  int64_t batches(Part part) const override { return (of(part).rows() + kTextsAtOnce - 1) / kTextsAtOnce; }
  int64_t symbols() const override { return tokenizer_->vocab_size(); }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }

 protected:
  PartTask(std::unique_ptr<Model> model, std::shared_ptr<const Tokenizer> tokenizer) : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}
  const Examples& of(Part part) const { return part == Part::train ? train_ : part == Part::dev ? dev_ : part == Part::test ? test_ : none_; }
  // Of n things, the examples that `make(begin, end)` makes of those from `begin` to `end`.
  template <class Make> void cut(size_t n, const SplitPercent& split, const Make& make) {
    const auto until = [&](double percent) { return std::llround(static_cast<double>(n) * percent / 100); };
    const int64_t train_end = until(split.train), dev_end = until(split.train + split.dev);
    train_ = make(0, train_end);
    dev_ = make(train_end, dev_end);
    test_ = make(dev_end, static_cast<int64_t>(n));
  }

  std::unique_ptr<Model> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Examples train_, dev_, test_, none_;
};

// The source of such a task: Tokens, what its tokenizer makes of its data. Source is the class that derives from this.
template <class Source, class Tokens> class TokenTaskSource : public TaskSource {
 public:
  std::unique_ptr<TaskSource> sample(const RunConfig& config, int) const override {
    auto whole = std::make_unique<Source>(static_cast<const Source&>(*this));
    whole->known_ = numbered(config, "");
    return whole;
  }

 protected:
  virtual Tokens tokens(const Tokenizer& tokenizer, const std::string& before) const = 0;  // `before`: as model_before gives it
  virtual std::shared_ptr<const Tokenizer> tokenizer_behind(const std::string& before) const = 0;

  // The folder whose model a run goes on from, or begins with, and whose tokenizer it has; "": it begins with nothing.
  static std::string model_before(const RunConfig& config, const std::string& checkpoint) {
    return !checkpoint.empty() ? checkpoint : !config.init_from.empty() ? model_folder_in(config.init_from) : "";
  }

  struct Numbered {
    std::shared_ptr<const Tokenizer> tokenizer;
    Tokens tokens;
  };
  std::shared_ptr<const Numbered> numbered(const RunConfig& config, const std::string& checkpoint) const {
    if (known_) return known_;
    const std::string before = model_before(config, checkpoint);
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_behind(before);
    return std::make_shared<const Numbered>(tokenizer, tokens(*tokenizer, before));
  }
  // With fresh weights, or those that the run begins with. null: the architecture cannot do that
  template <class Model> static std::unique_ptr<Model> model_of(const RunConfig& config, const Numbered& text, Rng& rng, const std::string& checkpoint) {
    const std::string before = model_before(config, checkpoint);
    int64_t rows = text.tokenizer->vocab_size();
    if (!before.empty()) rows = std::max(rows, model_config(before).integer("vocab_size", rows));  // tables are often padded: T5's 32,128 for 32,100 tokens
    std::unique_ptr<Pretrained> model = config.shape_for(rows)->build(rng);
    std::unique_ptr<Model> able = capability_in<Model>(model);
    if (able && checkpoint.empty() && !config.init_from.empty()) load_weights(*able, model_folder_in(config.init_from));
    return able;
  }
  static Json with(Json object, const Json& more) {
    for (size_t i = 0; i < more.size(); ++i) object.set(more.keys()[i], more[i]);
    return object;
  }

 private:
  std::shared_ptr<const Numbered> known_;  // of a sample: it is not worked out anew for each of its tasks
};

// Of a text file, read once.
template <class Source, class Tokens> class TextTaskSource : public TokenTaskSource<Source, Tokens> {
 public:
  void resolve(RunConfig& config) const override {
    TaskSource::resolve(config);
    SplitPercent::parse(config.split);
    if (tokenizer_.empty() && config.init_from.empty())
      throw Error(ErrorKind::usage, "no tokenizer is given: " GRIM_SETTING("tokenizer") " names its folder", hint_);
  }
  CorpusFormat format() const override { return CorpusFormat::text; }
  Json identity(const RunConfig& config) const override {
    return Json::object({{"content_xxh3_128", content_hash(*corpus_)}, {"split", config.split}});
  }

 protected:
  // `tokenizer`: its folder or file; `hint`: which one it wants. throws: input
  TextTaskSource(const std::string& path, std::string tokenizer, std::string hint)
      : corpus_(std::make_shared<const Corpus>(load_corpus(path, CorpusFormat::text))), tokenizer_(std::move(tokenizer)), hint_(std::move(hint)) {}
  const Corpus& corpus() const { return *corpus_; }
  std::shared_ptr<const Tokenizer> tokenizer_behind(const std::string& before) const override {
    return open_tokenizer(before.empty() ? tokenizer_ : before);
  }

 private:
  std::shared_ptr<const Corpus> corpus_;
  std::string tokenizer_, hint_;
};

}  // namespace grim
