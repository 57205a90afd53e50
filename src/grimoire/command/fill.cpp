#include "grimoire/generate/fill.h"

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"

namespace grim {
namespace {

Positional model_positional(std::string* target) {
  return {"model", "a folder of BERT's kind, a run folder, or the name of a published model", target};
}

class FillCommand final : public Command {
 public:
  std::string name() const override { return "fill"; }
  std::string summary() const override { return "find the words for the gaps in a text"; }
  std::vector<std::string> examples() const override {
    return {"grimoire fill bert-tiny --text 'The capital of France is [MASK].'", "grimoire fill runs/bert --text 'It was a [MASK] and [MASK] night.' -n 3"};
  }
  std::vector<Positional> positionals() override { return {model_positional(&model_)}; }
  Options options() override {
    return {{.name = "text", .help = "a text with gaps, each written as the model's mask token", .target = &text_, .basic = true},
            {.name = "number", .help = "how many words for each gap (short: -n)", .target = &number_, .low = 1, .high = 1000000, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (text_.empty()) throw Error(ErrorKind::usage, "--text is missing: a text with gaps", "see grimoire fill --help");
    const device::ThreadCap cap(threads_);
    const TrainedEncoder trained = load_encoder(model_at(model_));
    const std::vector<Gap> gaps = fill(*trained.model, *trained.tokenizer, text_, number_);
    report::Report answer{"", {}};
    Json all = Json::array();
    for (size_t g = 0; g < gaps.size(); ++g) {
      report::Table table{{gaps.size() == 1 ? "word" : str("word for gap {}", g + 1), "%"}, {}};
      Json words = Json::array();
      for (const Gap::Word& w : gaps[g].words) {
        const std::string word = trained.tokenizer->token(w.token);
        table.rows.push_back({word, report::number(100 * w.probability, "{:.2f}")});
        words.push(Json::object({{"token", word}, {"id", w.token}, {"probability", w.probability}}));
      }
      answer.blocks.push_back(table);
      all.push(words);
    }
    show(console, answer, Json::object({{"gaps", all}, {"model", trained.path}}));
    return 0;
  }

 private:
  std::string model_, text_;
  int64_t number_ = 5, threads_ = 0;
};

class FollowsCommand final : public Command {
 public:
  std::string name() const override { return "follows"; }
  std::string summary() const override { return "say how likely one sentence follows another"; }
  std::vector<std::string> examples() const override {
    return {"grimoire follows runs/bert 'It was dark.' 'He lit a candle.'"};
  }
  std::vector<Positional> positionals() override {
    return {model_positional(&model_), {"first", "a sentence", &first_}, {"second", "the one that may follow it", &second_}};
  }
  Options options() override { return {{.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}}; }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const TrainedEncoder trained = load_encoder(model_at(model_));
    const double p = probability_that_follows(*trained.model, *trained.tokenizer, first_, second_);
    show(console, {"", {report::Figure{"probability that it follows", report::number(p, "{:.4f}")}}},
         Json::object({{"probability", p}, {"model", trained.path}}));
    return 0;
  }

 private:
  std::string model_, first_, second_;
  int64_t threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_fill_command() { return std::make_unique<FillCommand>(); }
std::unique_ptr<Command> make_follows_command() { return std::make_unique<FollowsCommand>(); }

}  // namespace grim
