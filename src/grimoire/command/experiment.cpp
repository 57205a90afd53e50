#include "grimoire/theory/experiment.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

class ExperimentCommand final : public Command {
 public:
  std::string name() const override { return "experiment"; }
  std::string summary() const override { return "learning theory, run: a question, a table, a picture, an answer"; }
  std::vector<std::string> examples() const override {
    return {"grimoire experiment bias-variance", "grimoire experiment bayes-risk --report bayes.html"};
  }
  std::vector<Positional> positionals() override {
    return {{"experiment", "which one", &experiment_}};
  }
  Forms forms() const override {
    Forms f{.by = "experiment"};
    for (const std::string& name : experiment_names()) f.all.push_back({name, ""});
    return f;
  }
  Options options() override {
    return {{.name = "seed", .help = "seed of every random number", .target = &seed_, .low = 0, .basic = true},
            {.name = "effort",
             .help = "share of the repetitions; 0.1 for a quick look",
             .target = &effort_,
             .low = 0.01,
             .high = 100,
             .basic = true},
            {.name = "report", .help = "also write a page with the pictures", .target = &report_, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const Experiment e =
        run_experiment(experiment_, {.seed = static_cast<uint64_t>(seed_), .effort = effort_, .progress = [&](const std::string& where) {
                                       console.live(where);
                                       return !console.stop_requested();
                                     }});
    const report::Report answer = report_of(e);
    report::TextStyle style = console.style();
    style.chart_rows = 14;
    console.data(to_text(answer, style));
    if (!report_.empty()) {
      write_atomically(report_, html_page(answer));
      console.say(str("page: {}", report_));
    }
    if (console.json()) {
      Json rows = Json::array();
      for (const auto& row : e.rows) rows.push(Json::array_of(row));
      console.result(Json::object({{"experiment", experiment_},
                                   {"question", e.question},
                                   {"columns", Json::array_of(e.columns)},
                                   {"rows", rows},
                                   {"answer", e.answer},
                                   {"report", to_json(answer)}}));
    }
    return 0;
  }

 private:
  static report::Report report_of(const Experiment& e) {
    report::Report answer{e.question, {}};
    report::Table table{e.columns, {}};
    for (const auto& row : e.rows) {
      table.rows.emplace_back();
      for (double v : row) table.rows.back().push_back(report::number(v, "{:.5g}"));
    }
    answer.blocks.push_back(std::move(table));
    answer.blocks.insert(answer.blocks.end(), e.charts.begin(), e.charts.end());
    answer.blocks.push_back(report::Remark{e.answer});
    return answer;
  }

  std::string experiment_, report_;
  int64_t seed_ = 0, threads_ = 0;
  double effort_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_experiment_command() { return std::make_unique<ExperimentCommand>(); }

}  // namespace grim
