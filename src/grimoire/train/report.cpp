#include "grimoire/train/report.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/base/clock.h"
#include "grimoire/base/files.h"
#include "grimoire/train/curves.h"
#include "grimoire/train/lm_source.h"

namespace grim {
namespace {

using Point = Curves::Point;

// At most `most` points: neighbours are averaged.
std::vector<Point> thinned(const std::vector<Point>& points, size_t most) {
  if (points.size() <= most) return points;
  std::vector<Point> out;
  const size_t each = (points.size() + most - 1) / most;
  for (size_t i = 0; i < points.size(); i += each) {
    Point sum{0, 0};
    const size_t n = std::min(each, points.size() - i);
    for (size_t k = i; k < i + n; ++k) {
      sum.step += points[k].step;
      sum.loss += points[k].loss;
    }
    out.push_back({sum.step / static_cast<double>(n), sum.loss / static_cast<double>(n)});
  }
  return out;
}

report::Block loss_chart(const Curves& c, const TaskWords& words) {
  constexpr size_t kMostPoints = 600;
  if (c.train.empty() && c.dev.empty()) return report::Remark{"no training steps were logged", report::Tone::faint};
  const auto series = [&](const char* name, const std::vector<Point>& points, Stroke stroke) {
    Series s{.name = name, .x = {}, .y = {}, .stroke = stroke};
    for (const Point& p : thinned(points, kMostPoints)) s.x.push_back(p.step), s.y.push_back(p.loss);
    return s;
  };
  Chart chart{.title = "nats a " + words.unit, .x_label = "step",
              .series = {series("dev", c.dev, Stroke::strong), series("training batches", c.train, Stroke::faint)}};
  if (std::isfinite(c.baseline)) chart.levels.push_back({str("{} {:.3f}", words.baseline, c.baseline), c.baseline});
  return chart;
}

std::vector<report::Block> score_chart(const Curves& c) {
  if (c.scores.size() < 2) return {};
  Series s{.name = "dev", .x = {}, .y = {}, .stroke = Stroke::strong};
  for (const Curves::Score& p : c.scores) s.x.push_back(p.step), s.y.push_back(p.score);
  return {Chart{.title = c.score_name, .x_label = "step", .series = {s}}};
}

// What was chosen by its own score looks better than it is.
std::vector<report::Block> answers_of(const std::vector<Examination>& examined) {
  std::vector<report::Block> all;
  for (const Examination& e : examined) {
    all.push_back(report::Heading{str("Answers on {}", kPartNames[static_cast<size_t>(e.part)])});
    if (e.part == Part::dev)
      all.push_back(report::Remark{"these examples chose the best weights, so that others may fare a little worse", report::Tone::faint});
    all.insert(all.end(), e.blocks.begin(), e.blocks.end());
  }
  return all;
}

const report::Number kNone{NAN, "-"};

report::Histogram histogram(const Spread& s) { return {s.low, s.high, s.histogram}; }

RunResult result_in(const Curves& c, const TaskWords& words) {
  return {.train_loss = c.train_loss, .dev_loss = c.dev_loss, .test_loss = c.test_loss, .dev_score = c.dev_score,
          .test_score = c.test_score, .score_name = c.score_name, .common_loss = c.common_loss, .baseline_loss = c.baseline,
          .tokens_per_second = c.tokens_per_second, .seconds = c.seconds, .words = words};
}

// Which weights the figures are of, and what the last tenth is to them.
std::string origin_of(const Curves& c, const RunConfig& config) {
  if (c.ending == "diverged") return str("The run diverged at step {:.0f}: what was saved before stands.", c.step);
  if (c.ending == "stopped") return str("Stopped at step {:.0f} of {}; go on with: grimoire resume {}", c.step, config.steps, config.out);
  if (c.ending != "end") return "";
  if (!std::isfinite(c.common_loss)) return str("Figures of the best weights, of step {:.0f}.", c.best_step);
  const Seen seen = common_part_seen(SplitPercent::parse(config.split));
  return str("Figures of the best weights, of step {:.0f}. The last tenth of the data is the same for every model and split: {}.", c.best_step,
             seen == Seen::trained ? "here a part of it was trained on" : seen == Seen::chosen ? "here it chose the best weights" : "here it was held back");
}

// With a blank line between them where one has lines of its own.
std::vector<std::string> parted(std::vector<std::string> samples) {
  if (std::ranges::any_of(samples, [](const std::string& s) { return s.find('\n') != std::string::npos; }))
    for (size_t i = 0; i + 1 < samples.size(); ++i) samples[i] += "\n";
  return samples;
}

report::Table configuration(RunConfig config) {
  report::Table table{{"setting", "value", "what it is"}, {}};
  for (const Option& o : config.options()) table.rows.push_back({o.name, o.json().dump(), o.help});
  return table;
}

}  // namespace

report::Figures figures_of(const RunResult& r) {
  report::Figures figures;
  const auto add = [&](std::string_view name, double value, const char* format) {
    if (std::isfinite(value)) figures.items.push_back({std::string(name), report::number(value, format)});
  };
  add("train, nats a " + r.words.unit, r.train_loss, "{:.4f}");
  add("dev", r.dev_loss, "{:.4f}");
  add("test", r.test_loss, "{:.4f}");
  add("the last tenth", r.common_loss, "{:.4f}");
  add(r.words.baseline, r.baseline_loss, "{:.4f}");
  add(r.score_name + ", dev", r.dev_score, "{:.4f}");
  add(r.score_name + ", test", r.test_score, "{:.4f}");
  if (std::isfinite(r.tokens_per_second))
    figures.items.push_back({r.words.unit + "s a second", report::Number{r.tokens_per_second, with_commas(static_cast<int64_t>(r.tokens_per_second))}});
  add("time of training", r.seconds, "{:.1f} s");
  return figures;
}

std::vector<report::Block> verdicts_of(const Diagnosis& d) {
  std::vector<report::Block> blocks;
  for (const Verdict& v : d.verdicts) blocks.push_back(report::Remark{v.text, v.tone == Verdict::Tone::good ? report::Tone::good : report::Tone::warning});
  return blocks;
}

report::Table layers_of(const Diagnosis& d) {
  report::Table table{{"layer", "mean", "std", "saturated", "values", "gradient std", "gradient"}, {}};
  for (const LayerReport& l : d.layers)
    table.rows.push_back({l.name, report::number(l.activation.mean, "{:.4f}"), report::number(l.activation.std, "{:.4f}"),
                          l.activation.bounded ? report::Number{l.activation.saturated, str("{:.1f} %", 100 * l.activation.saturated)} : kNone,
                          histogram(l.activation), report::number(l.gradient.std, "{:.2e}"), histogram(l.gradient)});
  return table;
}

report::Table weights_of(const Diagnosis& d) {
  report::Table table{{"weight", "shape", "std", "values", "gradient : data", "update : data"}, {}};
  for (const WeightReport& w : d.weights)
    table.rows.push_back({w.name, w.shape.to_string(), report::number(w.weight.std, "{:.4f}"), histogram(w.weight),
                          report::number(w.gradient_to_data, "{:.2e}"),
                          w.update_to_data > 0 ? report::Number{w.update_to_data, str("10^{:.1f}", std::log10(w.update_to_data))} : kNone});
  return table;
}

std::vector<report::Block> back_of(const Diagnosis& d) {
  if (d.back.shares.empty()) return {};
  Series line{.name = "", .x = {}, .y = {}};
  for (size_t i = 0; i < d.back.shares.size(); ++i) {
    line.x.push_back(static_cast<double>(i));
    line.y.push_back(d.back.shares[i] > 0 ? d.back.shares[i] : NAN);
  }
  return {Chart{.title = str("{}: what is left of a gradient at its last state", d.back.cell), .x_label = "steps back", .y_label = "share of its norm",
                .y_scale = Scale::log, .series = {line}, .levels = {{"a tenth", 0.1}}}};
}

void write_report(const std::string& folder, const ReportOptions& options) {
  using report::Heading, report::Remark, report::Samples, report::Tone;
  const RunConfig config = read_run_config(folder);
  const Curves c = read_curves(folder);
  const TaskWords words = default_task_settings(config.task_name())->words();
  report::Report page{config.data.empty() ? config.model : str("{} on {}", config.model, file_name(config.data)), {}};
  page.blocks = {Remark{str("{} steps, seed {}, {}; Grimoire {}", with_commas(config.steps), config.seed, utc_timestamp(), GRIM_VERSION), Tone::faint},
                 figures_of(result_in(c, words))};
  if (const std::string origin = origin_of(c, config); !origin.empty()) page.blocks.push_back(Remark{origin, Tone::faint});
  const auto add = [&](const std::vector<report::Block>& blocks) { page.blocks.insert(page.blocks.end(), blocks.begin(), blocks.end()); };
  add({Heading{"Loss"}, loss_chart(c, words)});
  add(score_chart(c));
  if (c.cut_line) page.blocks.push_back(Remark{str("{}: what stood there and behind it is not drawn", c.cut_in_words()), Tone::faint});
  add(answers_of(options.examined));
  if (const std::vector<std::string> samples = parted(options.samples); !samples.empty()) {
    write_atomically(join_path(folder, "samples.txt"), joined(samples, "\n") + "\n");
    add({Heading{"Samples"}, Samples{samples}});
  }
  if (const Diagnosis* d = options.diagnosis) {
    add({Heading{"Health"}});
    add(verdicts_of(*d));
    add({Heading{"Layers"}, layers_of(*d), Heading{"Weights"}, weights_of(*d)});
    if (const std::vector<report::Block> back = back_of(*d); !back.empty()) {
      add({Heading{"Back through time"}});
      add(back);
    }
  }
  add({Heading{"Configuration"}, configuration(config)});
  write_atomically(join_path(folder, "report.html"), html_page(page));
}

}  // namespace grim
