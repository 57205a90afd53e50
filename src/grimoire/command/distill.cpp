#include "grimoire/command/commands.h"
#include "grimoire/command/taught.h"

namespace grim {
namespace {

// As fine-tuning; a student that lost layers has a longer way to go, and is guided on it.
constexpr const char* kLabels = R"({"batch_size": 32, "lr": 1e-4, "schedule": "linear", "weight_decay": 0.01, "decay_all": false, "grad_clip": 5.0,
  "beta2": 0.999, "split": "90/10/0", "steps": 0, "epochs": 4})";
// Sanh et al. 2019 and their published program: the rate rises over a twentieth of the steps and falls in a line.
constexpr const char* kMasked = R"({"batch_size": 32, "lr": 5e-4, "schedule": "linear", "warmup": 200, "weight_decay": 0.01, "decay_all": false,
  "grad_clip": 5.0, "beta2": 0.98, "split": "90/5/5", "steps": 4000})";

class DistillCommand final : public TaughtCommand {
 public:
  std::string name() const override { return "distill"; }
  std::string summary() const override { return "teach a smaller model to answer as a larger one does"; }
  std::vector<std::string> examples() const override {
    return {"grimoire distill runs/sst2 --data train.tsv --dev dev.tsv --student-layers 0,2,4 --out runs/small",
            "grimoire distill runs/bert --objective mlm --data wiki.txt --student-layers 0,1 --out runs/small"};
  }
  std::vector<Positional> positionals() override {
    return {{"teacher", "a folder of BERT's kind, a run folder, or the name of a published model", &config_.init_from}};
  }
  Forms forms() const override {
    return {.by = "objective",
            .all = {{"labels", "what a teacher says that was taught to label texts; they may have labels or not"},
                    {"mlm", "the words that a teacher finds behind masks, in plain text"}}};
  }
  Options options() override {
    Options all = TaughtCommand::options();
    std::erase_if(all, [](const Option& o) { return o.name == "task" || o.name == "teacher"; });
    objective_ = masked() ? "mlm" : "labels";
    all.push_back({.name = "objective", .help = "what is learned of the teacher", .target = &objective_, .choices = forms().names(), .basic = true});
    return all;
  }

 private:
  bool masked() const { return form() == "mlm"; }
  std::string task_of_form() const override { return masked() ? "distill-mlm" : "distill"; }
  std::string recipe() const override { return masked() ? kMasked : kLabels; }
  std::string what_is_missing() const override { return ""; }
  const char* data_in_words() const override { return masked() ? "the text to learn from" : "the texts to learn from, with labels or without"; }

  std::string objective_;
};

}  // namespace

std::unique_ptr<Command> make_distill_command() { return std::make_unique<DistillCommand>(); }

}  // namespace grim
