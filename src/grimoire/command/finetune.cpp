#include "grimoire/base/str.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/taught.h"

namespace grim {
namespace {

// How BERT is known to be fine-tuned (Devlin et al. 2019, appendix A.3): three epochs under a rate that rises over a tenth of them and falls in a line.
constexpr const char* kRecipe = R"({"batch_size": 32, "lr": 5e-5, "schedule": "linear", "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0,
  "beta2": 0.999, "split": "90/10/0", "steps": 0})";

// What writes is taught with higher rates and in more steps (Raffel et al. 2020, section 3.1.3, with AdamW in Adafactor's place).
constexpr const char* kWritingRecipe = R"({"batch_size": 16, "lr": 3e-4, "schedule": "linear", "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0,
  "beta2": 0.999, "split": "95/5/0", "steps": 1000, "warmup": 100})";

// A model goes on with its own objective on other text (Gururangan et al. 2020, "Don't Stop Pretraining"), at a low rate.
constexpr const char* kOwnRecipe = R"({"batch_size": 16, "lr": 5e-5, "schedule": "linear", "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0,
  "beta2": 0.999, "split": "90/10/0", "steps": 1000, "warmup": 100, "max_length": 256})";

class FinetuneCommand final : public TaughtCommand {
 public:
  std::string name() const override { return "finetune"; }
  std::string summary() const override { return "teach a trained model a task, from labelled texts"; }
  std::vector<std::string> examples() const override {
    std::vector<std::string> all = {"grimoire finetune minilm --task classify --data reviews.csv --out runs/reviews",
                                    "grimoire finetune minilm --task classify --data train.tsv --dev dev.tsv --epochs 2 --out runs/sst2",
                                    "grimoire finetune minilm --task classify --data reviews.csv --folds 5 --out runs/folds",
                                    "grimoire finetune minilm --task pair --data entailment.tsv --out runs/entailment",
                                    "grimoire finetune minilm --task multilabel --data tags.jsonl --out runs/tags",
                                    "grimoire finetune minilm --task regress --data ratings.csv --out runs/ratings",
                                    "grimoire finetune minilm --task tag --data train.conllu --dev dev.conllu --lr 3e-4 --out runs/upos",
                                    "grimoire finetune minilm --task qa --data train.json --dev dev.json --epochs 2 --lr 2e-4 --out runs/answers",
                                    "grimoire finetune minilm --task choice --data questions.jsonl --out runs/choices",
                                    "grimoire finetune flan-t5-f32 --task translate --data de-en.tsv --prefix 'translate German to English: ' --out runs/de-en",
                                    "grimoire finetune flan-t5-f32 --task summarize --data papers.tsv --prefix 'summarize: ' --epochs 3 --out runs/short",
                                    "grimoire finetune smollm2 --task lm --data book.txt --epochs 2 --out runs/book",
                                    "grimoire finetune runs/bert --task mlm --data articles.txt --out runs/domain"};
    if (!form().empty()) std::erase_if(all, [&](const std::string& line) { return line.find(str(" --task {} ", form())) == line.npos; });
    return all;
  }
  std::vector<Positional> positionals() override {
    return {{"model", "a model folder, a run folder, or the name of a published model; most tasks want one of BERT's kind", &config_.init_from}};
  }
  Forms forms() const override {
    return {.by = "task",
            .all = {{"classify", "which of some classes a text, or a pair of texts, belongs to"},
                    {"pair", "which of some classes two texts beside each other belong to: does the one follow from the other?"},
                    {"multilabel", "which of some labels it has: several, one, none"},
                    {"regress", "a number for it"},
                    {"tag", "a tag for each of its words: parts of speech, names"},
                    {"qa", "where in a text the answer to a question stands"},
                    {"choice", "which of several answers to a question is right"},
                    {"translate", "a text in another language, written: T5, BART, Marian and all that read one text and write another"},
                    {"summarize", "a shorter text, written"},
                    {"lm", "the next token of plain text: a writer goes on learning what it was trained for"},
                    {"mlm", "the words behind masks in plain text, likewise"}}};
  }

 private:
  std::string task_of_form() const override { return form().empty() ? forms().names().front() : form(); }
  std::string model_of_form() const override { return form() == "lm" ? "gpt" : form() == "mlm" ? "bert" : ""; }
  std::string recipe() const override { return writes() ? kWritingRecipe : model_of_form().empty() ? kRecipe : kOwnRecipe; }
  std::string what_is_missing() const override { return form().empty() ? "--task is missing: one of " + joined(forms().names(), ", ") : ""; }
  const char* data_in_words() const override { return writes() ? "" : model_of_form().empty() ? "the labelled texts to learn from" : "the text to learn from"; }
  bool writes() const { return form() == "translate" || form() == "summarize"; }
};

}  // namespace

std::unique_ptr<Command> make_finetune_command() { return std::make_unique<FinetuneCommand>(); }

}  // namespace grim
