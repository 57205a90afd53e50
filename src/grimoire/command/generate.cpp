#include "grimoire/generate/generate.h"

#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

const std::vector<std::string> kLikeliest = {"temperature=0"};  // where nothing is drawn
constexpr const char* kBetweenTexts = "-----\n";  // running text has lines of its own

class GenerateCommand final : public Command {
 public:
  std::string name() const override { return "generate"; }
  std::string summary() const override { return "write text with a trained model"; }
  std::vector<std::string> examples() const override {
    return {"grimoire generate runs/names -n 10", "grimoire generate runs/names -n 1 --prompt em --explain",
            "grimoire generate runs/shakespeare --prompt 'ROMEO:' --temperature 0.8 --max-tokens 300"};
  }
  std::vector<Positional> positionals() override { return {{"folder", "a run folder or a checkpoint folder", &folder_}}; }
  Options options() override {
    return {{.name = "number", .help = "how many texts (short: -n); running texts are parted by a line of five hyphens", .target = &number_,
             .low = 1, .basic = true},
            {.name = "prompt", .help = "how each text begins", .target = &prompt_, .basic = true},
            {.name = "temperature", .help = "below 1 is safer, above 1 wilder, 0 always the likeliest", .target = &sample_.temperature,
             .low = 0, .high = 100, .basic = true},
            {.name = "top-k", .help = "only the k likeliest tokens; 0 is all", .target = &sample_.top_k, .low = 0, .basic = true,
             .without = kLikeliest},
            {.name = "top-p", .help = "only the likeliest tokens that reach this probability together", .target = &sample_.top_p,
             .low = 1e-300, .high = 1, .basic = true, .without = kLikeliest},
            {.name = "seed", .help = "seed of the random numbers", .target = &seed_, .low = 0, .basic = true, .without = kLikeliest},
            {.name = "stop", .help = "end a text when this appears", .target = &sample_.stop},
            {.name = "max-tokens", .help = "longest text; 0 is 1000 for items, 500 for running text", .target = &sample_.max_new_tokens, .low = 0},
            {.name = "rng", .help = "random numbers: our own, or PyTorch's of the published notebooks", .target = by_choice(&rng_),
             .choices = {"philox", "torch"}, .without = kLikeliest},
            {.name = "explain", .help = "show the probability of each choice", .target = &explain_, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const TrainedModel trained = load_trained(model_at(folder_));
    sample_.begin = trained.begin;
    sample_.ends = trained.ends;
    Rng rng(rng_, static_cast<uint64_t>(seed_), "generate");
    Json texts = Json::array(), explained = Json::array();
    console.save_first(true);  // what is written so far is shown
    Pace pace;
    const bool items = trained.tokenizer->boundary().has_value();
    for (int64_t i = 0; i < number_ && !console.stop_requested(); ++i) {
      std::vector<Choice> choices;
      const auto keep = [&](const Choice& c) { if (explain_) choices.push_back(c); };
      const std::string text = generate(*trained.model, *trained.tokenizer, prompt_, sample_, rng, keep, [&] { return console.stop_requested(); }, &pace);
      if (i > 0 && !items) console.data(kBetweenTexts);
      console.data(text + "\n");
      texts.push(text);
      if (explain_) explained.push(explain(console, *trained.tokenizer, choices));
    }
    if (const std::string said = in_words(pace); !said.empty()) console.say(said);
    if (console.json()) {
      Json result = Json::object({{"texts", texts}, {"seed", seed_}, {"model", trained.path},
                                  {"tokens_within", pace.within}, {"seconds_within", pace.seconds_within},
                                  {"tokens_beyond", pace.beyond}, {"seconds_beyond", pace.seconds_beyond}});
      if (explain_) result.set("choices", explained);
      console.result(result);
    }
    return 0;
  }

 private:
  // "31,250 tokens/s within the context, 410 beyond it"; nothing for short texts.
  static std::string in_words(const Pace& p) {
    constexpr int64_t kFew = 100;
    if (p.within + p.beyond < kFew) return "";
    const auto rate = [](int64_t tokens, double seconds) { return with_commas(static_cast<int64_t>(static_cast<double>(tokens) / std::max(seconds, 1e-9))); };
    if (p.within == 0 || !p.goes_on) return str("{} tokens/s", rate(p.within + p.beyond, p.seconds_within + p.seconds_beyond));
    std::string said = str("{} tokens/s", rate(p.within, p.seconds_within));
    if (p.beyond > 0) said += str(" within the context, {} beyond it, where each token reads its whole window again", rate(p.beyond, p.seconds_beyond));
    return said;
  }

  Json explain(Console& console, const Tokenizer& tokenizer, const std::vector<Choice>& choices) {
    Json all = Json::array();
    report::Table table{{"token", "%", "the likeliest"}, {}};
    for (const Choice& c : choices) {
      std::string likeliest;
      Json others = Json::array();
      for (const Choice::Alternative& a : c.alternatives) {
        likeliest += str("{}{} {:.1f}", likeliest.empty() ? "" : "  ", shown(tokenizer, a.token), 100 * a.probability);
        others.push(Json::object({{"token", tokenizer.token(a.token)}, {"probability", a.probability}}));
      }
      table.rows.push_back({shown(tokenizer, c.token), report::number(100 * c.probability, "{:.1f}"), likeliest});
      all.push(Json::object({{"token", tokenizer.token(c.token)}, {"probability", c.probability},
                             {"model_probability", c.model_probability}, {"alternatives", others}}));
    }
    tell(console, {"", {table}});
    return all;
  }
  static std::string shown(const Tokenizer& tokenizer, int64_t id) {
    if (tokenizer.boundary() && id == *tokenizer.boundary()) return "(end)";
    const std::string t = tokenizer.token(id);
    return t == "\n" ? "\\n" : t == " " ? "' '" : t;
  }

  std::string folder_, prompt_;
  RngMode rng_ = RngMode::philox;
  GenerationConfig sample_;
  int64_t number_ = 1, seed_ = 1337, threads_ = 0;
  bool explain_ = false;
};

}  // namespace

std::unique_ptr<Command> make_generate_command() { return std::make_unique<GenerateCommand>(); }

}  // namespace grim
