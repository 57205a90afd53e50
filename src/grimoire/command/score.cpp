#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/score/form.h"

namespace grim {
namespace {

using score::FormEntry;

class ScoreCommand final : public Command {
 public:
  std::string name() const override { return "score"; }
  std::string summary() const override {
    return entry() ? entry()->help : "hold what a system wrote against what is right: BLEU, chrF, TER, ROUGE, entities, answers, classes";
  }
  std::vector<std::string> examples() const override {
    if (!entry())
      return {"grimoire score bleu --hyp system.txt --ref reference.txt", "grimoire score rouge --hyp summaries.txt --ref right.txt --stem",
              "grimoire score seqeval --hyp predicted.conll --ref right.conll --scheme IOB2"};
    std::vector<std::string> lines;
    for (std::string_view line : lines_in(std::string_view(entry()->examples))) lines.emplace_back(line);
    return lines;
  }
  std::vector<Positional> positionals() override { return {{"metric", "bleu, chrf, ter, rouge, seqeval, squad, ...", &metric_}}; }
  Forms forms() const override {
    Forms f{.by = "metric"};
    for (const FormEntry& e : entries_) f.all.push_back({e.name, e.help, e.group});
    f.none = {{"f1", "scores of classes come together", "give grimoire score classes"},
              {"accuracy", "scores of classes come together", "give grimoire score classes"},
              {"matthews", "scores of classes come together", "give grimoire score classes"},
              {"pearson", "correlations come together", "give grimoire score correlation"},
              {"spearman", "correlations come together", "give grimoire score correlation"},
              {"ece", "it is called calibration here", "give grimoire score calibration"},
              {"perplexity", "it needs a model", "give grimoire eval RUN --data FILE"}};
    return f;
  }
  Options options() override {
    if (!entry()) return {};
    return joined({sides(), made().options()});
  }

  void set(const Settings& settings) override {
    Command::set(settings);
    if (!entry()) return;
    for (const Setting& s : settings)
      if (!s.ambient) made().given.push_back(s.name);
  }

  int run(Console& console) override {
    if (!made().takes_several_references() && sides_.references.size() > 1)
      throw Error(ErrorKind::usage, str("--ref is given {} times, and {} takes one file", sides_.references.size(), form()), "leave the others out");
    score::Answer answer = made().answer(sides_);
    show(console, answer.report, std::move(answer.result));
    return 0;
  }

 private:
  Options sides() {
    return {{.name = "hyp", .help = "file of what is judged, a line each", .target = &sides_.hypothesis, .basic = true, .required = true},
            {.name = "ref", .help = "file of what is right, line by line; translations and summaries take several, each behind a --ref of its own",
             .target = &sides_.references, .basic = true, .required = true}};
  }
  const FormEntry* entry() const {
    const auto found = std::ranges::find_if(entries_, [&](const FormEntry& e) { return e.name == form(); });
    return found == entries_.end() ? nullptr : &*found;
  }
  score::ScoreForm& made() {
    std::unique_ptr<score::ScoreForm>& m = made_[static_cast<size_t>(entry() - entries_.data())];
    if (!m) m = entry()->make();
    return *m;
  }
  static std::vector<FormEntry> all_entries() {
    std::vector<FormEntry> all;
    for (const auto& family : {score::kTextForms, score::kSummaryForms, score::kTagForms, score::kAnswerForms, score::kLabelForms})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }

  std::string metric_;
  score::Sides sides_;
  const std::vector<FormEntry> entries_ = all_entries();
  std::vector<std::unique_ptr<score::ScoreForm>> made_{entries_.size()};  // on demand
};

}  // namespace

std::unique_ptr<Command> make_score_command() { return std::make_unique<ScoreCommand>(); }

}  // namespace grim
