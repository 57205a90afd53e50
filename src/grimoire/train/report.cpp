#include "grimoire/train/report.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/report/chart.h"
#include "grimoire/base/clock.h"
#include "grimoire/base/files.h"
#include "grimoire/report/escape.h"
#include "grimoire/train/curves.h"
#include "grimoire/train/provenance.h"
#include "grimoire/train/run.h"
#include "grimoire/generate/generate.h"

namespace grim {
namespace {

constexpr const char* kStyle = R"(
:root { --ink: #1c2530; --faint: #6b7785; --line: #d9dee4; --paper: #fbfcfd; --train: #7f8fa3; --dev: #1769aa; --warn: #b3541e; --good: #2d7a46; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --faint: #9aa6b2; --line: #38424d; --paper: #14191f; --train: #8796a8; --dev: #5fb0ee;
  --warn: #e58e57; --good: #6cc38a; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
p.sub { color: var(--faint); margin: 0 0 1.5rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; } .figures div { min-width: 6rem; } .figures b { display: block; font-size: 1.4rem;
  font-weight: 600; font-variant-numeric: tabular-nums; } .figures span { color: var(--faint); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; } th { text-align: left; color: var(--faint);
  font-weight: 500; } th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
  td.n, th.n { text-align: right; }
.scroll { overflow-x: auto; } pre { white-space: pre-wrap; font-size: .9rem; columns: 3 12rem; margin: 0; } pre.text { columns: auto; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--faint); font-size: 11px; } .axis { stroke: var(--line); }
  .train { stroke: var(--train); } .dev { stroke: var(--dev); } .base { stroke: var(--faint); stroke-dasharray: 4 4; } .bar { fill: var(--dev); }
li.warning { color: var(--warn); } li.good { color: var(--good); }
)";

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

// A step of 1, 2 or 5 times a power of ten that cuts `range` into about `parts`.
double round_step(double range, double parts) {
  const double rough = range / parts, power = std::pow(10.0, std::floor(std::log10(rough)));
  for (double m : {1.0, 2.0, 5.0})
    if (rough <= m * power) return m * power;
  return 10 * power;
}

std::string loss_picture(const Curves& c) {
  constexpr double kWidth = 860, kHeight = 300, kLeft = 46, kBottom = 28, kTop = 10, kRight = 10;
  double last = 1, low = INFINITY, high = -INFINITY;
  for (const auto* curve : {&c.train, &c.dev})
    for (const Point& p : *curve) {
      last = std::max(last, p.step);
      low = std::min(low, p.loss);
      high = std::max(high, p.loss);
    }
  if (!(low <= high)) return "<p class=sub>no training steps were logged</p>";
  if (std::isfinite(c.baseline)) low = std::min(low, c.baseline), high = std::max(high, c.baseline);
  if (high - low < 1e-6) high = low + 1;
  const auto x = [&](double step) { return kLeft + (kWidth - kLeft - kRight) * step / last; };
  const auto y = [&](double loss) { return kTop + (kHeight - kTop - kBottom) * (high - loss) / (high - low); };
  std::string s = str("<svg viewBox='0 0 {} {}' role='img' aria-label='loss over training steps'>", kWidth, kHeight);
  const double dy = round_step(high - low, 5), dx = round_step(last, 6);
  for (double v = std::ceil(low / dy) * dy; v <= high; v += dy)
    s += str("<line class=axis x1='{}' x2='{}' y1='{:.1f}' y2='{:.1f}'/><text x='{}' y='{:.1f}' text-anchor='end'>{:.2f}</text>", kLeft,
             kWidth - kRight, y(v), y(v), kLeft - 6, y(v) + 4, v);
  for (double v = dx; v <= last * 1.0001; v += dx)
    s += str("<text x='{:.1f}' y='{}' text-anchor='{}'>{}</text>", x(v), kHeight - 8, v > last * 0.97 ? "end" : "middle",
             with_commas(static_cast<int64_t>(v + 0.5)));
  const auto line = [&](const std::vector<Point>& points, const char* name) {
    std::string path;
    for (const Point& p : thinned(points, 600)) path += str("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", x(p.step), y(p.loss));
    return str("<path class={} d='{}' fill='none' stroke-width='{}'/>", name, path, name[0] == 'd' ? 2 : 1.3);
  };
  if (std::isfinite(c.baseline))
    s += str("<line class=base x1='{}' x2='{}' y1='{:.1f}' y2='{:.1f}'/><text x='{}' y='{:.1f}' text-anchor='end'>counting bigram {:.3f}</text>", kLeft,
             kWidth - kRight, y(c.baseline), y(c.baseline), kWidth - kRight, y(c.baseline) - 5, c.baseline);
  return s + line(c.train, "train") + line(c.dev, "dev") + "</svg><p class=sub>nats a token over steps; grey: training batches, blue: dev</p>";
}

std::string histogram_picture(const Spread& spread) {
  constexpr double kWidth = 160, kHeight = 28;
  const int64_t top = std::max<int64_t>(1, *std::max_element(spread.histogram.begin(), spread.histogram.end()));
  const double bar = kWidth / static_cast<double>(spread.histogram.size());
  std::string s = str("<svg width='{}' height='{}' role='img' aria-label='histogram from {:.3g} to {:.3g}'>", kWidth, kHeight, spread.low, spread.high);
  for (size_t i = 0; i < spread.histogram.size(); ++i) {
    const double h = static_cast<double>(spread.histogram[i]) / static_cast<double>(top) * kHeight;
    if (h > 0) s += str("<rect class=bar x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}'/>", static_cast<double>(i) * bar, kHeight - h, bar - 0.6, h);
  }
  return s + "</svg>";
}

std::string health_section(const Diagnosis& d) {
  std::string s = "<h2>Health</h2><ul>";
  for (const Verdict& v : d.verdicts) s += str("<li class={}>{}</li>", v.tone == Verdict::Tone::good ? "good" : "warning", escape_html(v.text));
  s += "</ul><h2>Layers</h2><div class=scroll><table><tr><th>layer"
       "<th class=n>mean<th class=n>std<th class=n>saturated<th>values<th class=n>gradient std<th>gradient</tr>";
  for (const LayerReport& l : d.layers)
    s += str("<tr><td>{}<td class=n>{:.4f}<td class=n>{:.4f}<td class=n>{}<td>{}<td class=n>{:.2e}<td>{}</tr>", escape_html(l.name), l.activation.mean,
             l.activation.std, l.activation.bounded ? str("{:.1f} %", 100 * l.activation.saturated) : "", histogram_picture(l.activation),
             l.gradient.std, l.gradient.histogram.empty() ? "" : histogram_picture(l.gradient));
  s += "</table></div><h2>Weights</h2><div class=scroll><table><tr><th>weight<th>shape"
       "<th class=n>std<th>values<th class=n>gradient : data<th class=n>update : data</tr>";
  for (const WeightReport& w : d.weights)
    s += str("<tr><td>{}<td>{}<td class=n>{:.4f}<td>{}<td class=n>{:.2e}<td class=n>{}</tr>", escape_html(w.name), w.shape, w.weight.std,
             histogram_picture(w.weight), w.gradient_to_data, w.update_to_data > 0 ? str("10<sup>{:.1f}</sup>", std::log10(w.update_to_data)) : "");
  return s + "</table></div>";
}

std::string samples_of(const std::string& folder, bool items) {
  const TrainedModel trained = load_trained(folder);
  Rng rng(RngMode::philox, 1337, "generate");
  std::string text;
  for (int i = 0; i < (items ? 30 : 1); ++i) text += generate(*trained.model, trained.tokenizer, {.max_tokens = items ? 0 : 500}, rng) + "\n";
  return text;
}

std::string figure(const std::string& value, const std::string& name) { return str("<div><b>{}</b><span>{}</span></div>", value, name); }
std::string figure(double value, const std::string& name) { return std::isfinite(value) ? figure(str("{:.4f}", value), name) : ""; }

// Which weights the figures are of, and what the last tenth is to them.
std::string origin_of(const Curves& c, const RunConfig& config) {
  if (c.ending == "diverged") return str("The run diverged at step {:.0f}: what was saved before stands.", c.step);
  if (c.ending == "stopped") return str("Stopped at step {:.0f} of {}; go on with: grimoire resume {}", c.step, config.steps, config.out);
  if (c.ending != "end") return "";
  const Seen seen = common_part_seen(SplitPercent::parse(config.split));
  return str("Figures of the best weights, of step {:.0f}. The last tenth of the data is the same for every model and split: {}.", c.best_step,
             seen == Seen::trained ? "here a part of it was trained on" : seen == Seen::chosen ? "here it chose the best weights" : "here it was held back");
}

}  // namespace

void write_report(const std::string& folder, const ReportOptions& options) {
  const RunConfig config = read_run_config(folder);
  const Curves c = read_curves(folder);
  std::string samples;
  if (options.samples) {
    samples = samples_of(folder, config.format == "lines");
    write_atomically(join_path(folder, "samples.txt"), samples);
  }
  std::string html = str("<!doctype html><html lang=en><meta charset=utf-8>"
                         "<meta name=viewport content='width=device-width'><title>{} on {}</title><style>{}</style>",
                         escape_html(config.model), escape_html(file_name(config.data)), kStyle);
  html += str("<h1>{} on {}</h1><p class=sub>{} steps, seed {}, {}; Grimoire {}</p>", escape_html(config.model), escape_html(file_name(config.data)),
              with_commas(config.steps), config.seed, utc_timestamp(), GRIM_VERSION);
  html += "<div class=figures>" + figure(c.train_loss, "train, nats a token") + figure(c.dev_loss, "dev") + figure(c.test_loss, "test") +
          figure(c.common_loss, "the last tenth") + figure(c.baseline, "counting bigram");
  if (std::isfinite(c.tokens_per_second)) html += figure(with_commas(static_cast<int64_t>(c.tokens_per_second)), "tokens a second");
  if (std::isfinite(c.seconds)) html += figure(str("{:.1f} s", c.seconds), "of training");
  html += "</div><p class=sub>" + escape_html(origin_of(c, config)) + "</p><h2>Loss</h2>" + loss_picture(c);
  if (c.cut_line) html += str("<p class=sub>{}: what stood there and behind it is not drawn</p>", c.cut_in_words());
  if (!samples.empty()) html += str("<h2>Samples</h2><pre{}>{}</pre>", config.format == "lines" ? "" : " class=text", escape_html(samples));
  if (options.diagnosis) html += health_section(*options.diagnosis);
  html += "<h2>Configuration</h2><div class=scroll><table>";
  RunConfig copy = config;
  for (const Option& o : copy.options()) html += str("<tr><td>{}<td>{}<td>{}</tr>", o.name, escape_html(o.json().dump()), escape_html(o.help));
  write_atomically(join_path(folder, "report.html"), html + "</table></div></html>\n");
}

}  // namespace grim
