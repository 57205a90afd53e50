#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"

namespace grim {
namespace {

class EvalCommand final : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "measure how well a trained model predicts a text file"; }
  std::vector<std::string> examples() const override {
    return {"grimoire eval runs/names --data names.txt", "grimoire eval runs/names --data names.txt --json",
            "grimoire eval smollm2 --data book.txt --context 1024 --stride 512", "grimoire eval smollm2 --choices questions.jsonl",
            "grimoire eval runs/translator --source val.de --target val.en --out written.en"};
  }
  std::vector<Positional> positionals() override { return {{"folder", "a run folder or a checkpoint folder", &folder_}}; }
  Options options() override {
    eval::EvalSettings& s = settings_;
    return {{.name = "data", .help = "text file; every symbol of it is predicted once; or the labelled texts or tagged words of a fine-tuned model",
             .target = &s.data, .basic = true, .without = {"choices", "source"}},
            {.name = "source", .help = "models trained on pairs: text file of sources, one a line, instead of pairs with a tab in each line of the data",
             .target = &s.source, .basic = true, .with = "target"},
            {.name = "target", .help = "and of their targets, line by line", .target = &s.target, .basic = true, .with = "source"},
            {.name = "out", .help = "file for what is answered: of sources a line each, of questions JSON as SQuAD's programs read it, else a table as CSV",
             .target = &s.out, .basic = true},
            {.name = "choices", .help = "instead, questions of multiple choice, a line each: {\"context\": ..., \"choices\": [...], \"answer\": number from 0}",
             .target = &s.choices, .basic = true},
            {.name = "stride", .help = "running text: windows overlap, only the last so many tokens of each are counted; 0: all", .target = &s.stride, .low = 0,
             .high = 1 << 30, .without = {"choices"}},
            {.name = "context", .help = "running text: tokens of a window; 0 takes as many as the model looks back on", .target = &s.context, .low = 0,
             .high = 1 << 30, .without = {"choices"}},
            {.name = "bos", .help = "the token that begins a text stands before it; unless given, as the tokenizer does it", .target = &begins_},
            {.name = "documents", .help = "models that find hidden words: how to read the data", .target = by_choice(&s.documents),
             .choices = {"auto", "lines", "sentences"}, .without = {"choices"}},
            {.name = "null-threshold", .help = "answers to questions: 'no answer' is taken where its score is higher by more than this; else as trained",
             .target = &null_threshold_},
            weights_flag(&weights_),
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }
  void set(const Settings& settings) override {
    Command::set(settings);
    for (const Setting& s : settings) {
      if (!s.ambient) given_.push_back(s.name);
      if (s.name == "bos") settings_.begins = begins_;
      if (s.name == "null-threshold") settings_.null_threshold = null_threshold_;
    }
  }

  int run(Console& console) override {
    if (settings_.data.empty() && settings_.choices.empty() && settings_.source.empty())
      throw Error(ErrorKind::usage, "--data is missing: the text file to predict", "see grimoire eval --help");
    const device::ThreadCap cap(threads_);
    const AnyTrained any = load_any(model_at(folder_), weights_);
    eval::Judged answer = judge(any);
    show(console, answer.report, std::move(answer.result));
    return 0;
  }

 private:
  eval::Judged judge(const AnyTrained& any) const {
    if (const auto* const encoder = std::get_if<TrainedEncoder>(&any)) {
      if (encoder->model->has(EncoderPart::answers)) {
        refuse_choices("finds answers in texts");
        refuse_given({"stride", "context", "bos", "documents", "source", "target"}, "finds answers in texts, as it was taught to read them");
        return eval::judge_answers(*encoder, settings_);
      }
      refuse_given({"null-threshold"}, "finds no answers in texts");
      if (encoder->model->has(EncoderPart::choices)) {
        refuse_given({"stride", "context", "bos", "documents", "source", "target"}, "chooses among answers, each read with its question");
        return eval::judge_best_choices(*encoder, settings_);
      }
      if (encoder->model->has(EncoderPart::labels)) {
        refuse_choices("labels texts");
        refuse_given({"stride", "context", "bos", "documents", "source", "target"}, "labels texts, as it was taught to read them");
        return eval::judge_labels(*encoder, settings_);
      }
      if (eval::tags_words(*encoder)) {
        refuse_choices("tags words");
        refuse_given({"stride", "context", "bos", "documents", "source", "target"}, "tags words, and reads sentences as it was taught to");
        return eval::judge_tags(*encoder, settings_);
      }
      refuse_choices("finds hidden words");
      refuse_given({"stride", "context", "bos", "source", "target", "out"}, "finds hidden words in texts of its own length");
      return eval::judge_hidden_words(*encoder, settings_);
    }
    refuse_given({"null-threshold"}, "finds no answers in texts");
    if (const auto* const writer = std::get_if<TrainedSeq2Seq>(&any)) {
      refuse_choices("makes one text of another");
      if (!settings_.source.empty() || eval::is_of_pairs(*writer)) {
        refuse_given({"stride", "context", "bos", "documents"}, "makes one text of another, each read whole");
        return eval::judge_pairs(*writer, settings_);
      }
      refuse_given({"stride", "context", "bos", "documents", "out"}, "writes anew what was damaged, in pieces of the length that it was trained with");
      return eval::judge_rewriting(*writer, settings_);
    }
    refuse_given({"source", "target", "out"}, "goes on with a text, and makes none of another");
    if (!settings_.choices.empty()) return eval::judge_choices(std::get<TrainedModel>(any), settings_);
    refuse_given({"documents"}, "predicts the next token of a text as it stands");
    return eval::judge_text(std::get<TrainedModel>(any), settings_);
  }
  void refuse_choices(const std::string& what) const {
    if (!settings_.choices.empty())
      throw Error(ErrorKind::usage, str("--choices asks how likely a text goes on so, and this model {}", what),
                  "give --data FILE to judge it by what it was trained for, or a model that goes on with a text");
  }
  void refuse_given(const std::vector<std::string>& names, const std::string& what) const {
    for (const std::string& name : names)
      if (std::ranges::find(given_, name) != given_.end())
        throw Error(ErrorKind::usage, str("--{} means nothing here: this model {}", name, what), "leave it out");
  }

  eval::EvalSettings settings_;
  std::vector<std::string> given_;
  std::string folder_;
  WeightType weights_ = WeightType::automatic;
  bool begins_ = false;
  double null_threshold_ = 0;
  int64_t threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_eval_command() { return std::make_unique<EvalCommand>(); }

}  // namespace grim
