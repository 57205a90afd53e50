#include "grimoire/command/weights_flag.h"
#include "grimoire/generate/generate.h"

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/generation_flags.h"
#include "grimoire/device/threads.h"
#include "grimoire/generate/batch.h"
#include "grimoire/generate/chat.h"
#include "grimoire/hub/fetch.h"

namespace grim {
namespace {

constexpr const char* kBetweenTexts = "-----\n";  // running text has lines of its own

class GenerateCommand final : public Command {
 public:
  std::string name() const override { return "generate"; }
  std::string summary() const override { return "write text with a trained model"; }
  std::vector<std::string> examples() const override {
    return {"grimoire generate runs/names -n 10", "grimoire generate runs/names -n 1 --prompt em --explain",
            "grimoire generate runs/shakespeare --prompt 'ROMEO:' --temperature 0.8 --max-tokens 300",
            "grimoire generate smollm2 --prompt 'Gravity is' --beams 4 --max-tokens 20", "grimoire generate smollm2 --chat --prompt 'What is gravity?'"};
  }
  std::vector<Positional> positionals() override { return {{"folder", "a run folder or a checkpoint folder", &folder_}}; }
  Options options() override {
    GenerationConfig& c = flags_.config();
    const std::vector<std::string> undrawn = {"beams", "contrastive"};
    Options all = {{.name = "number", .help = "how many texts of each prompt (short: -n); running texts are parted by a line of five hyphens",
                    .target = &c.num_return_sequences, .low = 1, .basic = true},
                   {.name = "prompt", .help = "how each text begins; may be given again, and texts of all are written side by side", .target = &prompts_,
                    .basic = true},
                   {.name = "max-tokens", .help = "longest text; 0 is 1000 for items, 500 for running text", .target = &c.max_new_tokens, .low = 0},
                   {.name = "chat", .help = "the prompt is a question, and the model answers as in grimoire chat", .target = &chat_, .basic = true,
                    .with = "prompt", .without = undrawn},
                   {.name = "contrastive", .help = "of the 4 likeliest tokens, or top-k, take one unlike those before: how much that counts",
                    .target = &c.penalty_alpha, .low = 0, .high = 1, .without = {"beams"}},
                   {.name = "beams", .help = "hold so many beginnings at a time and go on with the likeliest: nothing is drawn", .target = &c.num_beams,
                    .low = 1, .high = 1024, .basic = true},
                   {.name = "beam-groups", .help = "groups of beams that shun what the others say", .target = &c.num_beam_groups, .low = 1, .high = 1024,
                    .with = "beams"},
                   {.name = "diversity-penalty", .help = "taken from a token's log-probability for each other group that says it",
                    .target = &c.diversity_penalty, .low = 0, .high = 100, .with = "beam-groups"},
                   {.name = "length-penalty", .help = "a beam's log-probability is divided by its length to this power", .target = &c.length_penalty,
                    .low = -100, .high = 100, .with = "beams"},
                   {.name = "early-stopping", .help = "end with as many finished texts as beams; no: when none seems to become better; never: when none can",
                    .target = by_choice(&c.early_stopping), .choices = {"no", "yes", "never"}, .with = "beams"},
                   {.name = "seed", .help = "seed of the random numbers", .target = &seed_, .low = 0, .basic = true,
                    .without = {"temperature=0", "beams", "contrastive"}},
                   {.name = "rng", .help = "random numbers: our own, or PyTorch's of the published notebooks", .target = by_choice(&rng_),
                    .choices = {"philox", "torch"}, .without = {"temperature=0", "beams", "contrastive"}},
                   weights_flag(&weights_),
                   {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
    return joined({all, flags_.options(undrawn)});
  }
  void set(const Settings& settings) override {
    given_ = settings;
    Command::set(settings);
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const AnyTrained any = load_any(model_at(folder_), weights_);
    if (prompts_.empty()) prompts_.emplace_back();
    console.save_first(true);  // what is written so far is shown
    const auto* const rewrites = std::get_if<TrainedSeq2Seq>(&any);
    const Json result = rewrites ? from_sources(console, *rewrites) : behind_prompts(console, language_model_in(any));
    if (console.json()) console.result(result);
    return 0;
  }

 private:
  Json behind_prompts(Console& console, const TrainedModel& trained) {
    config_ = flags_.resolve(trained, options(), given_, console);
    Rng random = rng("generate");
    return written(console, trained, random);
  }

  // `before`: sources that were written from before these
  Json written(Console& console, const TrainedModel& trained, Rng& random, size_t before = 0) {
    Json result = Json::object({{"texts", Json::array()}, {"seed", seed_}, {"model", trained.path}});
    if (chat_) {  // refuses what it cannot read
      answers(console, trained, result);
      return result;
    }
    tell_what_is_cut(console, trained);
    if (config_.num_beams > 1) beams(console, trained, result);
    else if (prompts_.size() > 1 && config_.penalty_alpha == 0)
      side_by_side(console, trained, rng(before > 0 ? str("generate behind {}", before) : "generate"), result);
    else one_by_one(console, trained, random, result);
    return result;
  }

  // Each prompt is a text to make another of. What is told of the last tells the pace.
  Json from_sources(Console& console, const TrainedSeq2Seq& trained) {
    if (chat_) throw Error(ErrorKind::usage, "--chat is of no use: this model makes one text of another", "give the text as --prompt");
    const std::vector<std::string> sources = std::exchange(prompts_, {""});
    Rng random = rng("generate");
    Json result, texts = Json::array();
    TrainedModel writer = writer_from(trained, std::span(sources).first(1));
    config_ = flags_.resolve(writer, options(), given_, console);
    if (config_.penalty_alpha > 0)
      throw Error(ErrorKind::usage, "contrastive search is of no use: it looks for what a text said before, and this model makes one text of another",
                  "leave --contrastive out, or penalty_alpha in generation_config.json");
    const size_t together = sources_together(writer);
    for (size_t begin = 0; begin < sources.size() && !console.stop_requested(); begin += together) {
      const auto some = std::span(sources).subspan(begin, std::min(together, sources.size() - begin));
      if (begin > 0 || some.size() > 1) writer = writer_from(trained, some);
      part(console, writer, begin == 0);
      prompts_.assign(some.size(), "");
      result = written(console, writer, random, begin);
      for (const Json& text : result.at("texts").items()) texts.push(text);
    }
    result.set("texts", texts);
    return result;
  }

  // Sources whose texts can be written side by side: by drawing or the likeliest, within the context.
  size_t sources_together(const TrainedModel& writer) const {
    const bool alone = config_.num_beams > 1 || config_.prompt_lookup_num_tokens > 0 || (rng_ == RngMode::torch && config_.temperature > 0) ||
                       for_tokenizer(config_, *writer.tokenizer).longest(1) > writer.model->context();
    return alone ? 1 : std::max<size_t>(1, kTextsTogether / static_cast<size_t>(config_.num_return_sequences));
  }

  Rng rng(const std::string& stream) const { return Rng(rng_, static_cast<uint64_t>(seed_), stream); }

  void tell_what_is_cut(Console& console, const TrainedModel& trained) const {
    const int64_t context = trained.model->context();
    if (trained.model->reading() == Reading::window) return;  // looks at the last few by its nature
    if (const auto cache = trained.model->decode_cache(); cache && cache->capacity() > context) return;  // its memory goes on behind
    for (const std::string& prompt : prompts_)
      if (const size_t n = trained.tokenizer->encode(prompt).size(); n > static_cast<size_t>(context))
        console.say(str("warning: a prompt of {} tokens is longer than the model's context: only its last {} are read", n, context));
  }

  // A line between texts that have lines of their own.
  void part(Console& console, const TrainedModel& trained, bool first) const {
    if (!first && !trained.tokenizer->boundary()) console.data(kBetweenTexts);
  }

  void one_by_one(Console& console, const TrainedModel& trained, Rng& random, Json& result) {
    Json texts = Json::array(), explained = Json::array();
    Pace pace;
    bool first = true;
    for (const std::string& prompt : prompts_)
      for (int64_t i = 0; i < config_.num_return_sequences && !console.stop_requested(); ++i) {
        std::vector<Choice> choices;
        part(console, trained, std::exchange(first, false));
        texts.push(generate(*trained.model, *trained.tokenizer, prompt, config_, random, listener(console, choices, pace)));
        console.data("\n");
        if (config_.explain) explained.push(tell_choices(console, *trained.tokenizer, choices));
      }
    tell_pace(console, pace, result);
    result.set("texts", texts);
    if (config_.explain) result.set("choices", explained);
  }

  void answers(Console& console, const TrainedModel& trained, Json& result) {
    Rng random = rng("chat");
    Json texts = Json::array(), explained = Json::array();
    Pace pace;
    Chat chat(*trained.model, *trained.tokenizer);
    bool first = true;
    for (const std::string& prompt : prompts_)
      for (int64_t i = 0; i < config_.num_return_sequences && !console.stop_requested(); ++i) {
        std::vector<Choice> choices;
        part(console, trained, std::exchange(first, false));
        chat.say("user", prompt);
        texts.push(chat.answer(config_, random, listener(console, choices, pace)));
        chat.undo();
        console.data("\n");
        if (config_.explain) explained.push(tell_choices(console, *trained.tokenizer, choices));
      }
    tell_pace(console, pace, result);
    result.set("texts", texts);
    if (config_.explain) result.set("choices", explained);
  }

  void side_by_side(Console& console, const TrainedModel& trained, const Rng& random, Json& result) const {
    if (rng_ == RngMode::torch && config_.temperature > 0)
      throw Error(ErrorKind::usage, "--rng torch draws one text after the other: it has no use for several prompts", "give one, or leave --rng torch out");
    std::vector<std::vector<Choice>> choices(prompts_.size() * static_cast<size_t>(config_.num_return_sequences));
    const auto keep = [&](size_t i, const Choice& c) {
      if (config_.explain) choices[i].push_back(c);
    };
    const std::vector<std::string> texts =
        generate_batch(*trained.model, *trained.tokenizer, prompts_, config_, random, keep, [&] { return console.stop_requested(); });
    Json explained = Json::array();
    for (size_t i = 0; i < texts.size(); ++i) {
      part(console, trained, i == 0);
      console.data(texts[i] + "\n");
      if (config_.explain) explained.push(tell_choices(console, *trained.tokenizer, choices[i]));
    }
    result.set("texts", Json::array_of(texts));
    if (config_.explain) result.set("choices", explained);
  }

  void beams(Console& console, const TrainedModel& trained, Json& result) const {
    Json texts = Json::array(), scores = Json::array();
    bool first = true;
    for (const std::string& prompt : prompts_) {
      report::Table table{{"step", "log-probability", "beam"}, {}};
      double step = 0;
      const auto keep = [&](const BeamStep& s) {
        ++step;
        for (const BeamStep::Beam& b : s.beams)
          if (config_.explain) table.rows.push_back({step, report::number(b.log_probability, "{:.4f}"), Json(trained.tokenizer->decode(b.text)).dump()});
      };
      for (const ScoredText& t :
           generate_beams(*trained.model, *trained.tokenizer, prompt, config_, keep, [&] { return console.stop_requested(); })) {
        part(console, trained, std::exchange(first, false));
        console.data(t.text + "\n");
        texts.push(t.text);
        scores.push(t.score);
      }
      if (config_.explain) tell(console, {"", {table}});
    }
    result.set("texts", texts);
    result.set("scores", scores);
  }

  Listener listener(Console& console, std::vector<Choice>& choices, Pace& pace) const {
    return {.choice = [this, &choices](const Choice& c) { if (config_.explain) choices.push_back(c); },
            .text = [&console](const std::string& piece) { console.data(piece); },
            .stop = [&console] { return console.stop_requested(); }, .pace = &pace};
  }

  static void tell_pace(Console& console, const Pace& pace, Json& result) {
    if (const std::string said = in_words(pace); !said.empty()) console.say(said);
    result.set("tokens_within", pace.within);
    result.set("seconds_within", pace.seconds_within);
    result.set("tokens_beyond", pace.beyond);
    result.set("seconds_beyond", pace.seconds_beyond);
  }

  std::string folder_;
  WeightType weights_ = WeightType::automatic;
  std::vector<std::string> prompts_;
  RngMode rng_ = RngMode::philox;
  GenerationFlags flags_;
  GenerationConfig config_;
  Settings given_;
  int64_t seed_ = 1337, threads_ = 0;
  bool chat_ = false;
};

}  // namespace

std::unique_ptr<Command> make_generate_command() { return std::make_unique<GenerateCommand>(); }

}  // namespace grim
