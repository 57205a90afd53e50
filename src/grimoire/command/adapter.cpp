#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/numbers.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_algebra.h"
#include "grimoire/hub/adapter_check.h"
#include "grimoire/hub/adapter_parts.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

using report::counted, report::number;

constexpr double kMostGap = 1e-5;  // of the largest output: what sums in another order may differ by in f32

class AdapterCommand final : public Command {
 public:
  std::string name() const override { return "adapter"; }
  std::string summary() const override { return "what learned beside a model: show, verify, merge, unmerge, combine, extract"; }
  std::vector<std::string> examples() const override {
    return {"grimoire adapter show runs/lora", "grimoire adapter verify runs/lora", "grimoire adapter merge runs/lora --out merged",
            "grimoire adapter unmerge merged runs/lora --out base", "grimoire adapter combine runs/a runs/b --weights .7,.3 --method cat --out both",
            "grimoire adapter extract base tuned --rank 16 --out thin"};
  }
  std::vector<Positional> positionals() override {
    const Positional action = {"action", "show, verify, merge, unmerge, combine or extract", &action_};
    const Positional adapter = {"adapter", "the folder of an adapter, peft's or of a run with --adapter", &first_};
    const Positional second = {"other", "of unmerge, the adapter; of extract, the tuned model; of combine, other adapters", &second_};
    if (form() == "unmerge") return {action, {"merged", "a model folder that holds what the adapter learned", &first_}, {"adapter", adapter.help, &second_}};
    if (form() == "extract")
      return {action, {"base", "a model folder, or the name of a published model", &first_}, {"tuned", "the folder of a model of the same shape", &second_}};
    if (form() == "combine") return {action, adapter, {"other", "the folder of another, or of several", &second_, true, &more_}};
    if (!form().empty()) return {action, adapter};
    return {action, {adapter.name, adapter.help + "; of unmerge a merged model, of extract the base", &first_, false},
            {second.name, second.help, &second_, false, &more_}};
  }
  Forms forms() const override {
    return {.by = "action",
            .all = {{"show", "what it holds: kind, layers, ranks, sizes, how much it changes"},
                    {"verify", "does it fit its base, and do both ways to use it agree? exit code 3 when not"},
                    {"merge", "a whole model of it and its base"},
                    {"unmerge", "the base again, from a merged model"},
                    {"combine", "one adapter of several"},
                    {"extract", "an adapter of two whole models, by the nearest of a rank to what differs"}}};
  }
  Options options() override {
    const Option out = {.name = "out", .help = "the folder that is made", .target = &out_, .basic = true, .required = true};
    const Option base = {.name = "base", .help = "the folder of its base, where not the one that it names", .target = &base_, .basic = true};
    const Option prompt = {.name = "prompt", .help = "a text that outputs are compared on; may be given again; without one, drawn tokens", .target = &prompts_,
                           .basic = true};
    if (form() == "show") return {base, {.name = "layers", .help = "list every layer", .target = &every_layer_, .basic = true}};
    if (form() == "verify") return {base, prompt};
    if (form() == "merge") return {out, base, prompt};
    if (form() == "unmerge") return {out, base};
    if (form() == "combine") return combine_options(out);
    if (form() != "extract") return {};
    return {out,
            {.name = "rank", .help = "of each layer's update", .target = &extract_.rank, .low = 1, .high = 1 << 16, .basic = true},
            {.name = "targets", .help = "layers: a name such as q_proj, a regular expression, or all-linear; may be given again; all-linear when not given",
             .target = &targets_, .basic = true},
            {.name = "trained-whole", .help = "a module that is taken over as it is, by name; may be given again", .target = &extract_.saved, .basic = true}};
  }
  std::string note() const override {
    return form() == "combine" ? "linear, ties, dare, dare-ties and prune join the two halves of each update by themselves, which wants equal ranks; with\n"
                                 "--rank they join whole updates, which are then cut to that rank; cat is exact, of the sum of the ranks"
           : form() == "verify" ? "exit codes: 0 it fits, and merged and unmerged outputs agree to 1e-5 of the largest; 3 it does not"
                                : "";
  }

  int run(Console& console) override {
    if (form() == "show") return show_adapter(console);
    if (form() == "verify") return verify(console);
    check_new_folder(out_, "adapter");
    if (form() == "merge") return merge(console);
    if (form() == "unmerge") return unmerge(console);
    return form() == "combine" ? combine(console) : extract(console);
  }

 private:
  Options combine_options(const Option& out) {
    return {out,
            {.name = "method", .help = "how they are joined", .target = by_choice(&combine_.method),
             .choices = {"linear", "cat", "svd", "ties", "dare", "dare-ties", "prune"}, .basic = true},
            {.name = "weights", .help = "one for each adapter, between commas, below 0 too; 1 each when not given", .target = &weights_, .basic = true},
            {.name = "rank", .help = "of the result, which is the nearest of that rank; 0: as large as theirs", .target = &combine_.rank, .low = 0,
             .high = 1 << 16, .basic = true, .with = "method=svd|ties|dare|dare-ties|prune"},
            {.name = "density", .help = "share of its numbers that each keeps, from 0 to 1", .target = &combine_.density, .low = 0, .high = 1, .basic = true,
             .with = "method=ties|dare|dare-ties|prune"},
            {.name = "seed", .help = "of what is dropped", .target = &seed_, .low = 0, .with = "method=dare|dare-ties"}};
  }

  static std::string model_of(const std::string& path_or_name) { return model_folder_in(model_at(path_or_name)); }
  std::string base() const { return base_.empty() ? "" : model_of(base_); }  // that was given

  // --- show ------------------------------------------------------------------------------------------------------------

  // Of the base's matrices, by the paths of layers; NaN where its folder is not there.
  static std::map<std::string, double> norms_of_matrices(const AdapterParts& parts, const std::string& base) {
    std::map<std::string, double> norms;
    for (const auto& [path, layer] : parts.layers) norms[path] = NAN;
    if (!exists(base)) return norms;
    const WeightSources sources(base);
    for (const TensorSource& source : sources.all)
      for (auto& [path, w] : norms)
        if (same_tensor(source.name, path + ".weight")) w = norm(source.read());
    return norms;
  }
  static double norm(const Tensor& x) { return std::sqrt(sum(square(cast(x, Dtype::f64))).item()); }

  int show_adapter(Console& console) const {
    const std::string folder = adapter_folder_in(first_);
    const AdapterParts parts = read_adapter_parts(folder);
    const std::string base = base_.empty() ? parts.config.base : this->base();
    const bool there = exists(base);
    int64_t whole = 0;
    if (there)
      for (const TensorEntry& e : open_weights_at(base)->entries()) whole += e.shape.numel();
    const std::map<std::string, double> norms = norms_of_matrices(parts, base);
    report::Report page{folder, {}};
    page.blocks.emplace_back(about(parts, base, there, whole));
    Json layers = Json::array();
    report::Table each{.columns = columns(parts.config), .rows = {}};
    for (const auto& [path, layer] : parts.layers) {
      const double w = norms.at(path);
      each.rows.push_back(row(path, layer, parts.config, w));
      layers.push(json_of(path, layer, parts.config.kind, w));
    }
    if (!every_layer_ && std::ssize(each.rows) > kMostListed) {
      each.rows.resize(kMostListed);
      page.blocks.emplace_back(std::move(each));
      page.blocks.emplace_back(report::Remark{str("and {} more layers: --layers lists them", std::ssize(parts.layers) - kMostListed), report::Tone::faint});
    } else {
      page.blocks.emplace_back(std::move(each));
    }
    show(console, page,
         Json::object({{"path", folder}, {"kind", name_of(parts.config.kind)}, {"base", base}, {"numbers", parts.numbers()}, {"layers", std::move(layers)}}));
    return 0;
  }

  static report::Facts about(const AdapterParts& parts, const std::string& base, bool there, int64_t whole) {
    const AdapterConfig& c = parts.config;
    report::Facts facts{{{"kind", name_of(c.kind)}, {"base", base.empty() ? "not said" : there ? base : base + ", which is not there"}}};
    const auto add = [&](const char* what, report::Value value) { facts.items.push_back({what, std::move(value)}); };
    if (c.kind != AdapterKind::ia3) add("scale", str("{} / {}{} = {:.4g}", c.alpha, c.rank_stabilised ? "root of " : "", c.rank, c.scale_of("")));
    if (!c.ranks.empty()) add("other ranks", grim::joined(c.ranks));
    if (!c.alphas.empty()) add("other alphas", grim::joined(c.alphas));
    add("targets", c.targets.empty() ? "not said" : first_few(c.targets, 8));
    if (!c.inputs.empty()) add("of which inputs are multiplied", first_few(c.inputs, 4));
    if (!c.saved.empty()) add("trained whole", grim::joined(c.saved));
    add("layers", counted(std::ssize(parts.layers)));
    add("numbers", counted(parts.numbers()));
    if (whole > 0) add("per cent of the base's", number(100 * static_cast<double>(parts.numbers()) / static_cast<double>(whole), "{:.3g}"));
    return facts;
  }

  // Ranks and scales of layers differ where there are patterns alone.
  static bool has_patterns(const AdapterConfig& c) { return !c.ranks.empty() || !c.alphas.empty(); }

  static std::vector<std::string> columns(const AdapterConfig& c) {
    if (c.kind == AdapterKind::ia3) return {"layer", "multiplies", "least", "largest"};
    std::vector<std::string> all = {"layer", "in", "out", "norm of update", "of W's"};
    if (has_patterns(c)) all.insert(all.begin() + 3, {"rank", "scale"});
    if (c.kind == AdapterKind::dora) all.emplace_back("mean length");
    return all;
  }

  static std::vector<report::Value> row(const std::string& path, const AdapterLayer& l, const AdapterConfig& c, double w) {
    if (c.kind == AdapterKind::ia3)
      return {path, str("{} {}", with_commas(l.gains.numel()), l.gains.dim(0) == 1 ? "inputs" : "outputs"), number(min(l.gains).item(), "{:.4g}"),
              number(max(l.gains).item(), "{:.4g}")};
    const double update = norm_of(l.update);
    std::vector<report::Value> all = {path, counted(l.update.a.dim(1)), counted(l.update.b.dim(0)), number(update, "{:.4g}"),
                                      std::isnan(w) ? report::Value("") : report::Value(number(update / w, "{:.3g}"))};
    if (has_patterns(c)) all.insert(all.begin() + 3, {counted(l.update.rank()), number(l.update.scale, "{:.4g}")});
    if (c.kind == AdapterKind::dora) all.emplace_back(number(mean(l.magnitude).item(), "{:.4g}"));
    return all;
  }

  static Json json_of(const std::string& path, const AdapterLayer& l, AdapterKind kind, double w) {
    Json json = Json::object({{"layer", path}, {"numbers", l.numbers()}});
    if (kind == AdapterKind::ia3) {
      json.set("least", min(l.gains).item());
      json.set("largest", max(l.gains).item());
      return json;
    }
    json.set("rank", l.update.rank());
    json.set("scale", l.update.scale);
    json.set("norm", norm_of(l.update));
    json.set("base_norm", value_or_null(w));
    return json;
  }

  // --- verify, merge, unmerge ------------------------------------------------------------------------------------------

  static Json json_of(const OutputGap& gap) { return Json::object({{"largest", gap.largest}, {"largest_output", gap.size}, {"relative", gap.relative()}}); }
  static std::string words_of(const OutputGap& gap) { return str("{:.3g}, where outputs reach {:.3g}", gap.largest, gap.size); }

  int verify(Console& console) const {
    const std::string folder = adapter_folder_in(first_);
    AdapterVerdict v;
    std::vector<report::Remark> all;
    int64_t bad = 0;
    const auto say = [&](bool good, const std::string& words) {
      all.push_back({words, good ? report::Tone::good : report::Tone::warning});
      bad += !good;
    };
    try {
      v = verify_adapter(folder, base(), prompts_);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::input && e.kind() != ErrorKind::argument) throw;
      say(false, e.hint().empty() ? e.what() : str("{}; {}", e.what(), e.hint()));
    }
    if (bad == 0) {
      say(true, str("{} fits {}: names, shapes, vocabulary and tokenizer, {} layers", name_of(v.adapter.kind), v.adapter.base, v.layers));
      say(v.silent_at_first, v.silent_at_first ? "a fresh one changes nothing, to the bit" : "a fresh one changes outputs");
      say(v.beside_and_merged.relative() <= kMostGap,
          str("merged and unmerged outputs of {} differ by {}", v.prompts == 1 ? "the prompt" : str("{} prompts", v.prompts), words_of(v.beside_and_merged)));
      if (v.silent > 0)
        all.push_back({v.silent == v.layers ? std::string("it changes nothing yet") : str("{} of its {} layers change nothing", v.silent, v.layers),
                       v.silent == v.layers ? report::Tone::warning : report::Tone::plain});
      else all.push_back({str("with it outputs differ from the base's by up to {:.3g}", v.effect.largest)});
    }
    report::Report page{folder, {}};
    for (report::Remark& r : all) page.blocks.emplace_back(std::move(r));
    show(console, page,
         Json::object({{"path", folder}, {"verified", bad == 0}, {"layers", v.layers}, {"silent", v.silent}, {"silent_at_first", v.silent_at_first},
                       {"effect", json_of(v.effect)}, {"merged", json_of(v.beside_and_merged)}}));
    return bad == 0 ? 0 : 3;
  }

  int merge(Console& console) const {
    const std::string folder = adapter_folder_in(first_);
    const MergedAdapter made = merge_adapter_folder(folder, base(), prompts_);
    if (made.beside_and_merged.relative() > kMostGap)
      throw Error(ErrorKind::numeric, str("{}: merged and unmerged outputs differ by {}: nothing is written", folder, words_of(made.beside_and_merged)),
                  str("grimoire adapter show {} tells which layers' updates are large", folder));
    write_new_folder(out_, model_files(*made.merged.model, made.merged.tokenizer.get()));
    show(console,
         report::Report{"", {report::Remark{out_, report::Tone::good},
                             report::Facts{{{"layers merged", counted(made.layers)},
                                            {"merged and unmerged outputs differ by", words_of(made.beside_and_merged)}}}}},
         Json::object({{"out", out_}, {"layers", made.layers}, {"difference", json_of(made.beside_and_merged)}}));
    return 0;
  }

  int unmerge(Console& console) const {
    const UnmergedAdapter made = unmerge_adapter_folder(model_of(first_), adapter_folder_in(second_), base());
    write_new_folder(out_, model_files(*made.base.model, made.base.tokenizer.get()));
    report::Report page{"", {report::Remark{out_, report::Tone::good}, report::Figure{"layers taken back", static_cast<double>(made.layers)}}};
    page.blocks.emplace_back(std::isnan(made.error)
                                 ? report::Remark{str("up to rounding, which is at most some 2^-24 of its largest weight, {:.3g}", made.largest_weight)}
                                 : report::Remark{str("the largest difference from the base's own weights is {:.3g}, where these reach {:.3g}", made.error,
                                                      made.largest_weight)});
    if (!made.kept.empty())
      page.blocks.emplace_back(
          report::Remark{str("{} stays as the adapter taught it: the base's own is not here", grim::joined(made.kept)), report::Tone::warning});
    show(console, page,
         Json::object({{"out", out_}, {"layers", made.layers}, {"largest_difference", value_or_null(made.error)}, {"kept", Json::array_of(made.kept)}}));
    return 0;
  }

  // --- combine, extract ------------------------------------------------------------------------------------------------

  int combine(Console& console) {
    std::vector<std::string> folders = {adapter_folder_in(first_), adapter_folder_in(second_)};
    for (const std::string& other : more_) folders.push_back(adapter_folder_in(other));
    combine_.weights = weights_.empty() ? std::vector<double>() : parse_numbers(weights_, "--weights");
    combine_.seed = static_cast<uint64_t>(seed_);
    const Combined made = combine_adapters(folders, combine_, out_);
    report::Report page{"", {report::Remark{out_, report::Tone::good},
                             report::Facts{{{"adapters", counted(std::ssize(folders))}, {"layers", counted(made.layers)}, {"rank", counted(made.rank)}}}}};
    if (made.kept < kWhole)
      page.blocks.emplace_back(report::Remark{str("the rank holds {:.2f} % of the squares of what was joined", 100 * made.kept)});
    show(console, page,
         Json::object({{"out", out_}, {"adapters", Json::array_of(folders)}, {"layers", made.layers}, {"rank", made.rank}, {"kept", made.kept}}));
    return 0;
  }

  int extract(Console& console) {
    if (!targets_.empty()) extract_.targets = targets_;
    const Extracted made = extract_adapter(model_of(first_), model_of(second_), extract_, out_);
    report::Report page{"", {report::Remark{out_, report::Tone::good},
                             report::Facts{{{"layers", counted(made.layers)},
                                            {"numbers", counted(made.numbers)},
                                            {"per cent of the difference's squares", number(100 * made.kept, "{:.2f}")}}}}};
    const auto remark = [&](const std::string& words, report::Tone tone = report::Tone::plain) { page.blocks.emplace_back(report::Remark{words, tone}); };
    if (made.worst_kept < kWhole) remark(str("least of {}: {:.2f} %", made.worst, 100 * made.worst_kept));
    if (!made.whole.empty()) remark(str("taken over whole: {}", grim::joined(made.whole)));
    if (!made.left_out.empty())
      remark(str("{} other tensors differ and are not in it: {}; --trained-whole takes modules over", made.left_out.size(), first_few(made.left_out)),
             report::Tone::warning);
    show(console, page,
         Json::object({{"out", out_}, {"layers", made.layers}, {"numbers", made.numbers}, {"kept", made.kept}, {"worst", made.worst},
                       {"worst_kept", made.worst_kept}, {"whole", Json::array_of(made.whole)}, {"left_out", Json::array_of(made.left_out)}}));
    return 0;
  }

  static constexpr int64_t kMostListed = 24;
  static constexpr double kWhole = 1 - 5e-5;  // what is shown as less than all
  std::string action_, first_, second_, out_, base_, weights_;
  std::vector<std::string> more_, prompts_, targets_;
  CombineOptions combine_;
  ExtractOptions extract_;
  int64_t seed_ = 1337;
  bool every_layer_ = false;
};

}  // namespace

std::unique_ptr<Command> make_adapter_command() { return std::make_unique<AdapterCommand>(); }

}  // namespace grim
