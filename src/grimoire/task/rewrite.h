// What encoder-decoders learn that write a text which was damaged: a running text is cut into pieces of one length, each damaged anew each time it is
// drawn, and the target says what the piece was. How it is damaged, and what the target says of it, is an objective of its own: spans.h, infill.h.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/token_batch.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/task/part_task.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/run_config.h"
#include "grimoire/train/task_source.h"

namespace grim {

struct RewriteBatch {
  TokenBatch sources, targets;  // as many; both with their end
};

class TextPieces {
 public:
  TextPieces() = default;
  TextPieces(std::vector<int32_t> ids, int64_t length) : ids_(std::move(ids)), length_(length) {}
  int64_t rows() const { return length_ > 0 ? static_cast<int64_t>(ids_.size()) / length_ : 0; }
  std::span<const int32_t> ids() const { return ids_; }
  int64_t length() const { return length_; }
  std::span<const int32_t> piece(int64_t row) const { return std::span(ids_).subspan(static_cast<size_t>(row * length_), static_cast<size_t>(length_)); }

 private:
  std::vector<int32_t> ids_;
  int64_t length_ = 0;
};

class Damage {
 public:
  virtual ~Damage() = default;
  // The source and the target that the text, the piece of this number, becomes in this step.
  struct Pair {
    std::vector<int64_t> source, target;
  };
  virtual Pair of(std::span<const int32_t> text, uint32_t number, uint64_t seed, uint32_t step) const = 0;
  virtual int64_t target_length(int64_t length) const = 0;  // of a text of that length
  virtual std::string warning(int64_t /*length*/) const { return ""; }  // of what texts of that length do not get as it was asked for
  RewriteBatch batch(const TextPieces& pieces, std::span<const int64_t> rows, uint64_t seed, uint32_t step) const;
};

struct RewriteEvaluation {
  double loss = 0;  // nats a token of the targets
  int64_t tokens = 0;
  bool stopped = false;
};
// Of at most `batches` of them; 0: all. `see` is shown each, once it is judged.
RewriteEvaluation evaluate(const Seq2Seq& model, const TextPieces& pieces, const Damage& damage, int64_t batches = 0, const StopAsked& stop = {},
                           const std::function<void(const RewriteBatch&)>& see = {});

// The tokens that a model which writes has to know: as config.json of the folder that is gone on from says, if there is one; else as the tokenizer does.
// throws: input, there is no end
SpecialTokens special_tokens(const Tokenizer& tokenizer, const std::string& folder);

// A task of such an objective before its model exists.
struct RewriteSource {
  std::string tokenizer;   // its folder or file
  int64_t length = 128;    // tokens of a piece
  std::function<std::unique_ptr<Damage>(const Tokenizer& tokenizer)> damage;
  Json identity;           // settings of the damage
  std::string task, hint;  // its name; which tokenizer it wants
};
std::unique_ptr<TaskSource> open_rewrite(const RunConfig& run, RewriteSource source);  // throws: input

// Settings of such a task: those that all have, and of `Kind`, which has
//   Options options();  Json identity() const;  std::unique_ptr<Damage> damage(const Tokenizer&) const;
//   static constexpr const char *kTask, *kTokenizer, *kHint;  // its name; help on its tokenizer; how to make one
template <class Kind> struct RewriteSettings {
  static TaskWords words() { return token_words(); }
  std::string tokenizer;
  int64_t length = 128;
  Kind kind;

  Options options(RunConfig& run) {
    Options all = {{.name = "data", .help = "text file, read as running text", .target = &run.data, .basic = true},
                   {.name = "tokenizer", .help = Kind::kTokenizer, .target = &tokenizer, .basic = true, .without = {"init-from"}},
                   {.name = "length", .help = "tokens of a text, before any are taken out", .target = &length, .low = 4, .high = 1 << 20}};
    for (Option& o : kind.options()) all.push_back(std::move(o));
    all.push_back({.name = "split", .help = "percent for train/dev/test", .target = &run.split});
    all.push_back({.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    return open_rewrite(run, {tokenizer, length, [k = kind](const Tokenizer& t) { return k.damage(t); }, kind.identity(), Kind::kTask, Kind::kHint});
  }
};

}  // namespace grim
