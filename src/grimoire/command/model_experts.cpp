#include "grimoire/command/model_experts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "grimoire/adapt/upcycle.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/data/corpus.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/tap.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/rolling.h"

namespace grim {
namespace {

using report::counted, report::number;

// What the routers of one text chose.
struct Seen {
  RouterLog log;
  std::vector<std::vector<std::map<int64_t, int64_t>>> words;  // of a layer and an expert, each token's number
};

using Mixtures = std::vector<std::pair<std::string, const Experts*>>;

// As in training, so that what a capacity would drop is told.
Seen look(const CausalLm& model, const Mixtures& mixtures, std::span<const int64_t> ids) {
  const int64_t targets = std::ssize(ids) - 1, context = std::min(model.context(), std::max<int64_t>(targets, 1));
  check_rolling(model, ids, context, context);
  const NoGrad evaluated;
  Seen seen;
  std::map<const Module*, size_t> layers;
  for (const auto& [path, mixture] : mixtures) {
    layers.emplace(&mixture->gate(), layers.size());
    seen.words.emplace_back(static_cast<size_t>(mixture->options().experts));
  }
  std::span<const int64_t> window;
  const Tap tap([&](const Site& site, const Tensor& scores) {
    const auto layer = layers.find(&site.layer);
    if (layer == layers.end() || site.kind != SiteKind::output) return Tensor();
    const Experts& mixture = *mixtures[layer->second].second;
    const Routed to = routed(scores, mixture.options(), true);
    seen.log.add(mixture, scores, to);
    const std::vector<int64_t> chosen = to.chosen.to_vector<int64_t>();
    for (size_t i = 0; i < chosen.size(); ++i)
      ++seen.words[layer->second][static_cast<size_t>(chosen[i])][window[i / static_cast<size_t>(mixture.options().per_token)]];
    return Tensor();
  });
  for (const RollingWindow& w : rolling_windows(targets, context, context)) {
    const int64_t first = context - w.counted;  // the last window overlaps the one before
    window = ids.subspan(static_cast<size_t>(w.start + first), static_cast<size_t>(w.counted));
    Pass pass = Pass::evaluation();
    model.last_logits(Tensor::from(std::vector<int64_t>(window.begin(), window.end()), {1, w.counted}), pass);
  }
  return seen;
}

// The words whose number here is the furthest above what the expert's share of all tokens makes one expect, in deviations of a count: (n - m) / sqrt(m).
std::string typical_words(const std::vector<std::map<int64_t, int64_t>>& of_layer, size_t expert, const Tokenizer& tokenizer) {
  constexpr size_t kWords = 8;
  constexpr int64_t kOften = 5;
  std::map<int64_t, int64_t> all;
  int64_t total = 0, own = 0;
  for (size_t e = 0; e < of_layer.size(); ++e)
    for (const auto& [id, n] : of_layer[e]) all[id] += n, total += n, own += e == expert ? n : 0;
  std::vector<std::pair<double, int64_t>> found;
  for (const auto& [id, n] : of_layer[expert]) {
    const double expected = double(all[id]) * double(own) / double(total), above = (double(n) - expected) / std::sqrt(expected);
    if (n >= kOften && above > 0) found.emplace_back(-above, id);
  }
  std::ranges::sort(found);
  std::vector<std::string> words;
  for (const auto& [above, id] : found)
    if (words.size() < kWords) words.push_back(tokenizer.token(id));
  return words.empty() ? "-" : joined(words, " ");
}

void add_layers(report::Report& page, Json& result, const Mixtures& mixtures, const RouterLog& log) {
  report::Table table{.columns = {"layer", "balance", "busiest", "idlest", "entropy", "dropped"}, .rows = {}, .title = "routers"};
  report::HeatMap map{"share of each expert, layer by layer", {}, {}, {}};
  Json list = Json::array();
  size_t widest = 0;
  for (const RouterLog::Layer& l : log.layers) {
    const auto at = std::ranges::find(mixtures, l.layer, [](const auto& m) { return static_cast<const Module*>(m.second); });
    const double mean = double(l.choices) / double(l.load.size()), entropy = l.entropy / double(l.tokens) / std::log(2.0);
    const double idlest = double(std::ranges::min(l.load)) / mean, dropped = double(l.dropped) / double(l.choices);
    table.rows.push_back({str("{}", at - mixtures.begin()), number(l.mean_balance(), "{:.4f}"), number(l.busiest(), "{:.2f}"), number(idlest, "{:.2f}"),
                          number(entropy, "{:.3f}"), number(100 * dropped, "{:.1f} %")});
    std::vector<double> shares;
    for (const int64_t n : l.load) shares.push_back(double(n) / double(l.choices));
    widest = std::max(widest, shares.size());
    map.rows.push_back(str("layer {}", at - mixtures.begin()));
    map.values.push_back(shares);
    list.push(Json::object({{"layer", at->first}, {"balance_loss", l.mean_balance()}, {"z_loss", l.z / double(l.passes)}, {"busiest", l.busiest()},
                            {"idlest", idlest}, {"entropy_bits", entropy}, {"dropped", dropped}, {"load", Json::array_of(l.load)}}));
  }
  for (size_t e = 0; e < widest; ++e) map.columns.push_back(str("e{}", e));
  page.blocks.emplace_back(std::move(table));
  page.blocks.emplace_back(report::Remark{"balance: the loss of that name, 1 where loads are even; busiest, idlest: an expert's load over the mean; "
                                          "entropy: of a router's probabilities, bits"});
  page.blocks.emplace_back(std::move(map));
  result.set("layers", std::move(list));
}

void add_words(report::Report& page, Json& result, const std::string& layer, const std::vector<std::map<int64_t, int64_t>>& of_layer,
               const std::vector<int64_t>& load, const Tokenizer& tokenizer) {
  report::Table table{.columns = {"expert", "share", "words that go there more than elsewhere"}, .rows = {}, .title = str("which words go where in {}", layer)};
  Json list = Json::array();
  double all = 0;
  for (const int64_t n : load) all += double(n);
  for (size_t e = 0; e < of_layer.size(); ++e) {
    const std::string words = load[e] > 0 ? typical_words(of_layer, e, tokenizer) : "-";
    table.rows.push_back({str("{}", e), number(100 * double(load[e]) / all, "{:.1f} %"), words});
    list.push(Json::object({{"expert", e}, {"share", double(load[e]) / all}, {"words", words}}));
  }
  page.blocks.emplace_back(std::move(table));
  result.set("words", std::move(list));
}

report::Facts about(const ExpertOptions& o, const ModelConfig& shape, size_t layers) {
  const double held = shape.parameter_count(), met = shape.work();
  report::Facts facts{{{"layers with experts", counted(static_cast<int64_t>(layers))}, {"experts in each", counted(o.experts)},
                       {"visited by a token", counted(o.per_token)}}};
  if (o.shared > 0) facts.items.push_back({"and by every token", counted(o.shared)});
  facts.items.push_back({"parameters", counted(static_cast<int64_t>(held))});
  facts.items.push_back({"that a token meets", number(met, "{:.0f}")});
  facts.items.push_back({"share of the work", number(100 * met / held, "{:.1f} %")});
  return facts;
}

}  // namespace

ExpertsView experts_view(const std::string& path, const std::string& data, int64_t tokens, int64_t layer) {
  const TrainedModel trained = load_trained(path);
  const Mixtures mixtures = experts_in(*trained.model);
  if (mixtures.empty())
    fail(ErrorKind::input, "experts", str("{}: each layer has one feed-forward, and no experts", path), "train has --experts; model upcycle makes some");
  const auto layers = std::ssize(mixtures);
  if (layer >= layers) throw Error(ErrorKind::usage, str("--layer: got {}, expected 0 to {}, or -1", layer, layers - 1));
  const Json config = trained.model->config();
  const std::unique_ptr<ModelConfig> shape = architecture_of(config).from_json(config);
  const ExpertOptions& o = mixtures[0].second->options();
  ExpertsView view{.page = {path, {about(o, *shape, mixtures.size())}},
                   .result = Json::object({{"path", path}, {"experts", o.experts}, {"per_token", o.per_token}, {"shared", o.shared},
                                           {"parameters", static_cast<int64_t>(shape->parameter_count())},
                                           {"met_by_a_token", static_cast<int64_t>(shape->work())}})};
  if (data.empty()) {
    view.page.blocks.emplace_back(report::Remark{"how loaded each is, and which words go where: --data TEXT"});
    return view;
  }
  const std::vector<int64_t> ids = running_ids(load_corpus(data, CorpusFormat::text), *trained.tokenizer, tokens);
  const Seen seen = look(*trained.model, mixtures, ids);
  view.page.blocks.emplace_back(report::Figure{"tokens", counted(seen.log.layers[0].tokens)});
  view.result.set("tokens", seen.log.layers[0].tokens);
  add_layers(view.page, view.result, mixtures, seen.log);
  const auto shown = static_cast<size_t>(layer < 0 ? layers - 1 : layer);
  add_words(view.page, view.result, mixtures[shown].first, seen.words[shown], seen.log.layers[shown].load, *trained.tokenizer);
  return view;
}

ExpertsView upcycle_folder(const std::string& path, const std::string& out, const ExpertOptions& options, uint64_t seed) {
  check_new_folder(out, "upcycle");
  const ModelFolder opened = open_model_folder(is_run_folder(path) ? model_folder_in(path) : path);
  const std::unique_ptr<Pretrained> mixture = upcycled(*opened.model, options, seed);
  write_new_folder(out, model_files(*mixture, opened.tokenizer.get()));
  const int64_t before = opened.model->parameter_count(), now = mixture->parameter_count();
  return {.page = {"",
                   {report::Remark{out, report::Tone::good}, report::Figure{"parameters before", counted(before)},
                    report::Figure{"parameters now", counted(now)},
                    report::Remark{"it computes what the model did; trained on, its experts part"},
                    report::Commands{{"grimoire finetune " + out + " --task lm --data text.txt --out runs/experts", "grimoire model experts " + out}}}},
          .result = Json::object({{"out", out}, {"parameters_before", before}, {"parameters", now}, {"experts", options.experts},
                                  {"per_token", options.per_token}})};
}

}  // namespace grim
