#include "grimoire/command/model_lines.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "grimoire/adapt/barrier.h"
#include "grimoire/adapt/text_loss.h"
#include "grimoire/base/error.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/model/causal_lm.h"

namespace grim {
namespace {

using report::counted, report::number, report::Remark;

constexpr int64_t kDrawn = 16;  // rows of a batch

ModelFolder opened(const std::string& path) { return open_model_folder(model_folder_in(path)); }

AlignOptions align_options(const ModelLineOptions& o) {
  const AlignBy by = o.by == "activations" ? AlignBy::activations : o.by == "midpoint" ? AlignBy::midpoint : AlignBy::weights;
  return {.by = by, .seed = static_cast<uint64_t>(o.seed), .steps = o.steps};
}

report::Table table_of(const Aligned& aligned) {
  report::Table table{.columns = {"units", "count", "moved"}, .rows = {}};
  for (const Aligned::Moved& m : aligned.groups) table.rows.push_back({m.group, counted(m.units), counted(m.moved)});
  return table;
}
void add_alignment(report::Report& page, Json& result, const Aligned& aligned) {
  page.blocks.emplace_back(table_of(aligned));
  page.blocks.emplace_back(report::Facts{{{"cosine of the weights before", number(aligned.before, "{:.4f}")},
                                          {"cosine of the weights now", number(aligned.after, "{:.4f}")}}});
  for (const std::string& note : aligned.notes) page.blocks.emplace_back(Remark{note, report::Tone::warning});
  result.set("cosine_before", aligned.before), result.set("cosine", aligned.after), result.set("sweeps", aligned.sweeps);
  Json groups = Json::array();
  for (const Aligned::Moved& m : aligned.groups) groups.push(Json::object({{"units", m.group}, {"count", m.units}, {"moved", m.moved}}));
  result.set("groups", std::move(groups));
}

Series series_of(const std::string& name, const LossLine& line) { return {.name = name, .x = line.t, .y = line.loss}; }

}  // namespace

int tell_barrier(Console& console, const std::string& first, const std::string& second, const ModelLineOptions& o) {
  const ModelFolder a = opened(first), b = opened(second), judged = opened(first);
  const auto* const reader = dynamic_cast<const CausalLm*>(judged.model.get());
  if (!reader || !a.tokenizer) throw Error(ErrorKind::input, str("{} does not predict the next word of a text", first), "give two language models");
  const ModelTensors at(*judged.model), from(*a.model), to(*b.model);
  check_same_shape(from, to);
  const TextLoss text(o.data, *reader, *a.tokenizer, o.tokens);
  const auto loss = [&] { return text.of(*reader); };
  console.live("the line as it is");
  const LossLine naive = loss_line(at, from, to, o.points, loss);
  report::Report page;
  Json result = Json::object({{"first", first}, {"second", second}, {"t", Json::array_of(naive.t)}, {"loss", Json::array_of(naive.loss)},
                              {"barrier", naive.barrier()}});
  Chart chart{.title = str("loss on the line from {} to {}, nats a token", first, second), .x_label = "t", .y_label = "loss",
                      .series = {series_of("as they are", naive)}};
  report::Facts facts{{{"loss of the first", number(naive.loss.front(), "{:.4f}")}, {"loss of the second", number(naive.loss.back(), "{:.4f}")},
                       {"half way", number(naive.middle(), "{:.4f}")}, {"barrier", number(naive.barrier(), "{:.4f}")}}};
  if (o.by != "none") {
    console.live("aligning by " + o.by);
    Rng rng(RngMode::philox, static_cast<uint64_t>(o.seed), "rows");
    const Aligned aligned = align_units(*a.model, *b.model, align_options(o), [&] { return text.drawn(rng, kDrawn); });
    const LossLine line = loss_line(at, from, to, o.points, loss);
    chart.series.push_back(series_of("aligned by " + o.by, line));
    facts.items.push_back({"half way, aligned", number(line.middle(), "{:.4f}")});
    facts.items.push_back({"barrier, aligned", number(line.barrier(), "{:.4f}")});
    page.blocks.emplace_back(std::move(chart));
    page.blocks.emplace_back(std::move(facts));
    add_alignment(page, result, aligned);
    result.set("aligned_loss", Json::array_of(line.loss)), result.set("aligned_barrier", line.barrier()), result.set("aligned_by", o.by);
  } else {
    page.blocks.emplace_back(std::move(chart));
    page.blocks.emplace_back(std::move(facts));
  }
  show(console, page, std::move(result));
  return 0;
}

int align_model(Console& console, const std::string& first, const std::string& second, const ModelLineOptions& o) {
  check_new_folder(o.out, "align");
  const ModelFolder a = opened(first), b = opened(second);
  std::unique_ptr<TextLoss> text;
  if (const auto* const lm = dynamic_cast<const CausalLm*>(a.model.get()); lm && a.tokenizer && !o.data.empty())
    text = std::make_unique<TextLoss>(o.data, *lm, *a.tokenizer, o.tokens);
  Rng drawn(RngMode::philox, static_cast<uint64_t>(o.seed), "rows");
  const AlignBatches batches = text ? AlignBatches([&] { return text->drawn(drawn, kDrawn); }) : AlignBatches();
  Rng tokens(RngMode::philox, 1, "tokens"), again(RngMode::philox, 1, "tokens");
  const Tensor before = answers_to_random_tokens(*b.model, tokens);
  const Aligned aligned = align_units(*a.model, *b.model, align_options(o), batches);
  const Tensor now = answers_to_random_tokens(*b.model, again);
  double apart = 0;
  for (int64_t i = 0; i < now.numel(); ++i)
    apart = std::max(apart, std::abs(static_cast<double>(now.data<float>()[i]) - static_cast<double>(before.data<float>()[i])));
  write_new_folder(o.out, model_files(*b.model, b.tokenizer.get()));
  report::Report page{"", {Remark{o.out, report::Tone::good}, report::Figure{"its answers moved by at most", number(apart, "{:.3g}")}}};
  Json result = Json::object({{"out", o.out}, {"largest_difference", apart}});
  add_alignment(page, result, aligned);
  show(console, page, std::move(result));
  return 0;
}

}  // namespace grim
