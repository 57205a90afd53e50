#include "grimoire/command/run_console.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/run_cost.h"
#include "grimoire/train/report.h"

namespace grim {
namespace {

std::string duration(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  if (s < 60) return str("{} s", s);
  if (s < 3600) return str("{} min {:02} s", s / 60, s % 60);
  return str("{} h {:02} min", s / 3600, s / 60 % 60);
}

std::string rate(double per_second) {
  return per_second >= 1e6 ? str("{:.2f}M", per_second / 1e6) : per_second >= 1e3 ? str("{:.1f}k", per_second / 1e3) : str("{:.0f}", per_second);
}

}  // namespace

void ConsoleEvents::progress(const Progress& p) {
  std::string line = str("step {}/{}  loss {:.4f}  lr {:.2e}  {} {}s/s", p.step, p.steps, p.loss, p.lr, rate(p.tokens_per_second), unit_);
  if (p.gradient_norm > 0) line += str("  norm {:.2f}", p.gradient_norm);
  if (from_step_ < 0) {
    from_step_ = p.step;
    from_seconds_ = p.seconds;
  } else if (p.step < p.steps && p.step > from_step_) {
    line += "  " + duration((p.seconds - from_seconds_) / static_cast<double>(p.step - from_step_) * static_cast<double>(p.steps - p.step)) + " left";
  }
  console_.live(line);
}

void ConsoleEvents::evaluated(const EvaluationReport& r) {
  std::string line = str("step {}: train {:.4f}", r.step, r.train_loss);
  if (std::isfinite(r.dev_loss)) line += str(", dev {:.4f}", r.dev_loss);
  if (std::isfinite(r.dev_score)) line += str(", {} {:.4f}", r.score_name, r.dev_score);
  if (std::isfinite(r.dev_loss) && r.best) line += ", the best so far";
  console_.say(line);
}

void ConsoleEvents::saved(const std::string& path, int64_t step) { console_.say(str("saved step {}: {}", step, path)); }

namespace {
void say(Console& console, const report::Report& answer) {
  const std::string text = to_text(answer);
  for (std::string_view line : lines_in(text)) console.say(std::string(line));
}
}  // namespace

int show_result(Console& console, const RunResult& r) {
  using report::Commands, report::Heading, report::Remark, report::Tone;
  report::Report answer{"", {}};
  const auto add = [&](report::Block block) { answer.blocks.push_back(std::move(block)); };
  if (r.ending == Ending::stopped) {
    console.say(str("stopped at step {}{}; go on with: grimoire resume {}", r.step, r.checkpoint.empty() ? "" : ", saved as " + r.checkpoint, r.folder));
  } else {
    const std::string why =
        r.ending == Ending::early ? str("stopped early, no better dev {} since then", r.chosen_by) : "done";
    add(Heading{str("{}: the best weights, of step {}{}", why, r.best_step, r.checkpoint.empty() ? "" : ", are in " + r.checkpoint)});
    add(figures_of(r));
    if (r.train_loss > r.uniform_loss) {
      add(Remark{str("that is no better than guessing ({:.4f}); look at it with:", r.uniform_loss), Tone::warning});
      add(Commands{{"grimoire doctor " + r.folder}});
    }
    if (!r.checkpoint.empty()) add(Commands{{with_flags(str(r.words.next, r.folder), {})}});
  }
  if (!answer.blocks.empty()) say(console, answer);
  if (!console.json()) return 0;
  Json examined = Json::object();
  for (const Examination& e : r.examined) examined.set(kPartNames[static_cast<size_t>(e.part)], e.result);
  console.result(Json::object({{"ending", r.ending == Ending::finished ? "finished" : r.ending == Ending::early ? "early" : "stopped"},
                               {"step", r.step},
                               {"best_step", r.best_step},
                               {"parameters", r.parameters},
                               {"vocab_size", r.vocab_size},
                               {"train_loss", value_or_null(r.train_loss)},
                               {"dev_loss", value_or_null(r.dev_loss)},
                               {"test_loss", value_or_null(r.test_loss)},
                               {"common_loss", value_or_null(r.common_loss)},
                               {"baseline_loss", value_or_null(r.baseline_loss)},
                               {"score", r.score_name.empty() ? Json() : Json(r.score_name)},
                               {"dev_score", value_or_null(r.dev_score)},
                               {"test_score", value_or_null(r.test_score)},
                               {"tokens_per_second", value_or_null(r.tokens_per_second)},
                               {"seconds", r.seconds},
                               {"folder", r.folder},
                               {"checkpoint", r.checkpoint},
                               {"examined", examined},
                               {"report", to_json(answer)}}));
  return 0;
}

int show_folds(Console& console, const FoldedRun& run) {
  report::Report answer{"", {}};
  if (run.ending == Ending::stopped) {
    console.say(str("stopped in fold {}; go on with: grimoire resume {}", run.folds.size() + 1, run.folder));
  } else {
    answer.blocks = blocks_of(run);
    answer.blocks.push_back(report::Commands{{with_flags(str(run.next, run.folds.front().folder), {})}});
    say(console, answer);
    console.say(str("report: {}", join_path(run.folder, "report.html")));
  }
  if (!console.json()) return 0;
  Json folds = Json::array();
  for (const FoldScore& f : run.folds)
    folds.push(Json::object({{"fold", f.fold}, {"score", f.score}, {"loss", f.loss}, {"examples", f.examples}, {"folder", f.folder}}));
  console.result(Json::object({{"ending", run.ending == Ending::stopped ? "stopped" : "finished"}, {"score", run.score_name}, {"folds", folds},
                               {"mean", value_or_null(run.mean)}, {"deviation", value_or_null(run.deviation)},
                               {"interval", Json::array({value_or_null(run.low), value_or_null(run.high)})}, {"folder", run.folder},
                               {"report", to_json(answer)}}));
  return 0;
}

int carry_out(Console& console, RunConfig config, std::unique_ptr<TaskSource> source, Ahead ahead, const Options& flags) {
  const int64_t folds = folds_of(config);
  if (ahead == Ahead::train && folds > 0) {  // each fold reads its own part
    ConsoleEvents events(console, flags, config.task_settings().words());
    return show_folds(console, train_folds(config, events));
  }
  if (folds > 0) source = config.set("fold", 1).open_task();
  if (!source) source = config.open_task();
  if (ahead == Ahead::foretell) return show_cost(console, config, *source, std::max<int64_t>(1, folds));
  ConsoleEvents events(console, flags, config.task_settings().words());
  return show_result(console, train(config, *source, events));
}

}  // namespace grim
