#include "grimoire/theory/experiment.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"
#include "grimoire/report/escape.h"

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
    std::string list;
    for (const std::string& n : experiment_names()) list += (list.empty() ? "" : ", ") + n;
    return {{"experiment", list, &experiment_}};
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
    std::string text = wrapped(e.question, 100) + "\n\n";
    text += table(e);
    for (const Chart& c : e.charts) text += "\n" + text_chart(c);
    console.data(text + "\n" + wrapped(e.answer, 100) + "\n");
    if (!report_.empty()) {
      write_atomically(report_, page(e));
      console.say(str("page: {}", report_));
    }
    if (console.json()) {
      Json rows = Json::array();
      for (const auto& row : e.rows) rows.push(Json::array_of(row));
      console.result(Json::object({{"experiment", experiment_},
                                   {"question", e.question},
                                   {"columns", Json::array_of(e.columns)},
                                   {"rows", rows},
                                   {"answer", e.answer}}));
    }
    return 0;
  }

 private:
  static std::string cell(double v) { return std::isnan(v) ? "-" : str("{:.5g}", v); }
  static std::string table(const Experiment& e) {
    std::vector<std::string> lines(1 + e.rows.size());
    for (size_t c = 0; c < e.columns.size(); ++c) {
      std::vector<std::string> cells = {e.columns[c]};
      for (const auto& row : e.rows) cells.push_back(cell(row[c]));
      size_t width = 8;
      for (const std::string& s : cells) width = std::max(width, s.size());
      for (size_t i = 0; i < cells.size(); ++i) lines[i] += str("{:>{}}", cells[i], width + 2);
    }
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  static std::string page(const Experiment& e) {
    std::string html = str(
        "<!doctype html><meta charset=\"utf-8\"><title>{0}</title><style>:root{{color-scheme:light dark}}body{{margin:2rem auto;max-width:56rem;padding:0 1rem;"
        "font:15px/1.5 system-ui,sans-serif}}table{{border-collapse:collapse;font-variant-numeric:tabular-nums}}td,th{{padding:.2rem "
        ".8rem;text-align:right}}</style>"
        "<h1>{0}</h1>\n",
        escape_html(e.question));
    for (const Chart& c : e.charts) html += svg_chart(c, 640, 380);
    html += "<table><tr>";
    for (const std::string& c : e.columns) html += str("<th>{}</th>", escape_html(c));
    html += "</tr>\n";
    for (const auto& row : e.rows) {
      html += "<tr>";
      for (double v : row) html += str("<td>{}</td>", cell(v));
      html += "</tr>\n";
    }
    return html + str("</table><p>{}</p>\n", escape_html(e.answer));
  }

  std::string experiment_, report_;
  int64_t seed_ = 0, threads_ = 0;
  double effort_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_experiment_command() { return std::make_unique<ExperimentCommand>(); }

}  // namespace grim
