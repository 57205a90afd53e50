#include "grimoire/command/weights_flag.h"
#include "grimoire/generate/chat.h"

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/generation_flags.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"

namespace grim {
namespace {

constexpr const char* kWords = "/undo takes the last question back, /reset begins anew, /exit or Ctrl-D ends, /help says so again; Ctrl-C ends an answer; "
                               "a line that ends in \\ goes on in the next";

class ChatCommand final : public Command {
 public:
  std::string name() const override { return "chat"; }
  std::string summary() const override { return "talk with a model that was trained to answer"; }
  std::vector<std::string> examples() const override {
    return {"grimoire chat smollm2", "grimoire chat models/smollm2 --system 'You answer in one sentence.' --temperature 0.2",
            "echo 'What is gravity?' | grimoire chat smollm2 --temperature 0 --max-tokens 60"};
  }
  std::vector<Positional> positionals() override {
    return {{"model", "a model folder, a GGUF file, a run folder, or the name of a published model", &model_}};
  }
  std::string note() const override {
    return "A line of the terminal, or of a pipe, is a question; one that ends in \\ goes on in the next. /undo takes the last question back, /reset begins\n"
           "anew, /exit ends. A question for which the model's context has no room is told and left out; from a pipe the exit code is 3 then.";
  }
  Options options() override {
    return joined({flags_.options(), {{.name = "system", .help = "what the model is told before the conversation", .target = &system_, .basic = true},
            {.name = "max-tokens", .help = "longest answer; 0 is what the model's context has room for", .target = &flags_.config().max_new_tokens, .low = 0,
             .basic = true},
            {.name = "seed", .help = "seed of the random numbers", .target = &seed_, .low = 0, .without = {"temperature=0"}},
            weights_flag(&weights_),
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}}});
  }
  void set(const Settings& settings) override {
    given_ = settings;
    Command::set(settings);
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const TrainedModel trained = load_trained(model_at(model_), weights_);
    config_ = flags_.resolve(trained, options(), given_, console);
    refuse_search(trained);
    Chat chat(*trained.model, *trained.tokenizer);
    if (!system_.empty()) chat.say("system", system_);
    if (console.has_person()) console.say(kWords);
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed_), "chat");
    Pace pace;
    while (const std::optional<std::string> said = question(console)) {
      if (*said == "/exit" || *said == "/quit") break;
      if (!said->empty() && !is_command(console, chat, *said)) answer(console, chat, *trained.tokenizer, *said, rng, pace);
    }
    if (const std::string pace_said = in_words(pace); !pace_said.empty()) console.say(pace_said);
    if (console.json())
      console.result(Json::object({{"messages", chat.messages()}, {"model", trained.path}, {"tokens", pace.within}, {"seconds", pace.seconds_within},
                                   {"unanswered", unanswered_}}));
    return unanswered_ > 0 && !console.has_person() ? 3 : 0;
  }

 private:
  void refuse_search(const TrainedModel& trained) const {
    if (config_.num_beams > 1 || config_.penalty_alpha > 0)
      throw Error(ErrorKind::input, str("{}: generation_config.json asks for beams or a contrastive search, and answers are drawn", trained.path),
                  "take num_beams and penalty_alpha out; grimoire generate has both");
  }

  // A line, and those that it goes on with.
  static std::optional<std::string> question(Console& console) {
    std::optional<std::string> said = console.ask("> ");
    while (said && said->ends_with('\\')) {
      said->back() = '\n';
      const std::optional<std::string> more = console.ask("  ");
      if (!more) break;
      *said += *more;
    }
    return said;
  }

  static bool is_command(Console& console, Chat& chat, const std::string& said) {
    if (said == "/reset") chat.reset();
    else if (said == "/help") console.say(kWords);
    else if (said == "/undo") console.say(chat.undo() ? "the last question is taken back" : "there is no question to take back");
    else if (said.starts_with('/')) console.say(str("{} is no command: {}", said, kWords));
    else return false;
    return true;
  }

  void answer(Console& console, Chat& chat, const Tokenizer& tokenizer, const std::string& said, Rng& rng, Pace& pace) {
    chat.say("user", said);
    if (!chat.has_room()) {
      chat.undo();
      ++unanswered_;
      console.data("\n");
      return console.say("no answer: with this question the conversation is longer than what the model reads at once, and the question is left out: "
                         "ask it shorter, /undo takes one before it back, /reset begins anew");
    }
    console.save_first(true);  // Ctrl-C ends the answer
    std::vector<Choice> choices;
    chat.answer(config_, rng, {.choice = [&](const Choice& c) { if (config_.explain) choices.push_back(c); },
                               .text = [&](const std::string& text) { console.data(text); },
                               .stop = [&] { return console.stop_requested(); }, .pace = &pace});
    console.data("\n");
    if (config_.explain) tell_choices(console, tokenizer, choices);
    if (chat.full()) console.say("the model's window is full, and the answer ends there: /undo takes a question back, /reset begins anew");
    if (console.interrupted() && console.has_person()) console.say("(ended)");
    console.save_first(false);
  }

  std::string model_, system_;
  WeightType weights_ = WeightType::automatic;
  GenerationFlags flags_{{.temperature = 0.7, .top_p = 0.95}};
  GenerationConfig config_;
  Settings given_;
  int64_t seed_ = 1337, threads_ = 0, unanswered_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_chat_command() { return std::make_unique<ChatCommand>(); }

}  // namespace grim
