#include "grimoire/base/str.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/taught.h"

namespace grim {
namespace {

// How BERT is known to be fine-tuned (Devlin et al. 2019, appendix A.3): three epochs under a rate that rises over a tenth of them and falls in a line.
constexpr const char* kRecipe = R"({"batch_size": 32, "lr": 5e-5, "schedule": "linear", "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0,
  "beta2": 0.999, "split": "90/10/0", "steps": 0})";

class FinetuneCommand final : public TaughtCommand {
 public:
  std::string name() const override { return "finetune"; }
  std::string summary() const override { return "teach a trained model a task, from labelled texts"; }
  std::vector<std::string> examples() const override {
<<<<<<< HEAD
    return {"grimoire finetune minilm --task classify --data reviews.csv --out runs/reviews",
            "grimoire finetune minilm --task classify --data train.tsv --dev dev.tsv --epochs 2 --out runs/sst2",
            "grimoire finetune minilm --task tag --data train.conllu --dev dev.conllu --lr 3e-4 --out runs/upos"};
=======
    std::vector<std::string> all = {"grimoire finetune minilm --task classify --data reviews.csv --out runs/reviews",
                                    "grimoire finetune minilm --task classify --data train.tsv --dev dev.tsv --epochs 2 --out runs/sst2",
                                    "grimoire finetune minilm --task multilabel --data tags.jsonl --out runs/tags",
                                    "grimoire finetune minilm --task regress --data ratings.csv --out runs/ratings",
                                    "grimoire finetune minilm --task qa --data train.json --dev dev.json --epochs 2 --lr 2e-4 --out runs/answers",
                                    "grimoire finetune minilm --task choice --data questions.jsonl --out runs/choices"};
    if (!form().empty()) std::erase_if(all, [&](const std::string& line) { return line.find(str(" --task {} ", form())) == line.npos; });
    return all;
>>>>>>> qa
  }
  std::vector<Positional> positionals() override {
    return {{"model", "a folder of BERT's kind, a run folder, or the name of a published model", &config_.init_from}};
  }
  Forms forms() const override {
    return {.by = "task",
            .all = {{"classify", "which of some classes a text, or a pair of texts, belongs to"},
                    {"multilabel", "which of some labels it has: several, one, none"},
                    {"regress", "a number for it"},
<<<<<<< HEAD
                    {"tag", "a tag for each of its words: parts of speech, names"}}};
=======
                    {"qa", "where in a text the answer to a question stands"},
                    {"choice", "which of several answers to a question is right"}}};
  }
  Options options() override {
    const std::string task = form().empty() ? forms().names().front() : form();
    if (config_.task != task) {
      const std::string model = config_.init_from;
      config_ = RunConfig();
      config_.model = "bert";
      config_.task = task;
      from_json(config_.options(), Json::parse(kRecipe), "the recipe of fine-tuning");
      config_.steps = 0;
      config_.init_from = model;
    }
    Options all = config_.options();
    std::erase_if(all, [](const Option& o) { return o.name == "model" || o.name == "init-from" || o.name == "rng"; });
    for (Option& o : all)
      if (o.name == "task") o.choices = forms().names();
    for (Option& o : all) o.basic = o.basic || o.name == "lr" || o.name == "batch-size" || o.name == "dtype";
    return all;
  }

  int run(Console& console) override {
    if (form().empty()) throw Error(ErrorKind::usage, str("--task is missing: one of {}", joined(forms().names())), see_help(*this));
    if (config_.data.empty()) throw Error(ErrorKind::usage, "--data is missing: the labelled texts to learn from", see_help(*this));
    if (config_.out.empty()) throw Error(ErrorKind::usage, "--out is missing: the folder for the run", see_help(*this));
    config_.init_from = model_at(config_.init_from);
    take_shape_of_init(config_);
    ConsoleEvents events(console, options(), config_.task_settings().words().score);
    return show_result(console, train(config_, events));
>>>>>>> qa
  }

 private:
  std::string task_of_form() const override { return form().empty() ? forms().names().front() : form(); }
  std::string recipe() const override { return kRecipe; }
  std::string what_is_missing() const override { return form().empty() ? "--task is missing: " + joined(forms().names(), ", ") : ""; }
  const char* data_in_words() const override { return "the labelled texts to learn from"; }
};

}  // namespace

std::unique_ptr<Command> make_finetune_command() { return std::make_unique<FinetuneCommand>(); }

}  // namespace grim
