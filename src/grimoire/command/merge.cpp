#include <algorithm>
#include <cmath>

#include "grimoire/adapt/merge.h"
#include "grimoire/adapt/merge_method.h"
#include "grimoire/adapt/text_loss.h"
#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/hub/fetch.h"

namespace grim {
namespace {

using report::counted, report::number, report::Remark;

class MergeCommand final : public Command {
 public:
  std::string name() const override { return "merge"; }
  std::string summary() const override { return "make one model of several, as a file in mergekit's YAML says"; }
  std::vector<std::string> examples() const override {
    return {"grimoire merge soup.yml --out runs/soup", "grimoire merge ties.yml --out merged --data held-out.txt"};
  }
  std::vector<Positional> positionals() override { return {{"config", "the file: merge_method, base_model, models or slices, parameters, dtype", &config_}}; }
  std::string note() const override {
    std::string all = "merge_method:\n";
    for (const MergeMethod& m : merge_methods()) {
      std::string parameters;
      for (const MergeParameter& p : m.parameters) parameters += (parameters.empty() ? "" : ", ") + p.name + (p.initial ? str(" ({:g})", *p.initial) : "");
      all += str("  {:<16}  {}\n", m.name, m.what) + str("  {:<16}  {}\n", "", parameters);
    }
    return all + "a value is a number, a list along the layers, or a list of 'filter' and 'value'; filters are parts of tensors' names";
  }
  Options options() override {
    return {{.name = "out", .help = "the folder that is made", .target = &out_, .basic = true, .required = true},
            {.name = "data", .help = "a text on which the models and what is made of them are judged", .target = &data_, .basic = true},
            {.name = "seed", .help = "of methods that drop at random", .target = &seed_, .low = 0, .high = 9e15},
            {.name = "shard-size", .help = "the most bytes a file, in MB; 0: one file", .target = &shard_megabytes_, .low = 0, .high = 1e9},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const MergeConfig config = parse_merge_config(read_file(config_), config_);
    const MergedModel made =
        merge_models(config, out_, {.seed = static_cast<uint64_t>(seed_), .shard_bytes = static_cast<int64_t>(shard_megabytes_ * 1e6)});
    report::Report page{"", {Remark{out_, report::Tone::good}}};
    Json result = Json::object({{"out", out_}, {"method", config.method}, {"models", Json::array_of(made.models)}, {"tensors", made.tensors},
                                {"numbers", made.numbers}, {"layers", made.layers}, {"notes", Json::array_of(made.notes)}});
    page.blocks.emplace_back(report::Facts{{{"method", config.method}, {"models", joined(made.models)}, {"base", made.base.empty() ? "none" : made.base},
                                            {"tensors", counted(made.tensors)}, {"numbers", counted(made.numbers)}, {"layers", counted(made.layers)}}});
    for (const std::string& note : made.notes) page.blocks.emplace_back(Remark{note, report::Tone::warning});
    if (made.interference.models > 1) add_interference(page, result, made);
    if (!data_.empty()) add_losses(page, result, config);
    show(console, page, std::move(result));
    return 0;
  }

 private:
  static void add_interference(report::Report& page, Json& result, const MergedModel& made) {
    constexpr size_t kShown = 40;
    const Interference& all = made.interference;
    const auto row = [](const Interference::Part& p) -> std::vector<report::Value> {
      return {p.name, counted(p.numbers), number(p.mean_cosine(), "{:.4f}"), number(100 * p.disagreeing(), "{:.1f}")};
    };
    report::Table table{.columns = {"part", "numbers", "cosine", "signs disagree, %"}, .rows = {},
                        .title = str("how far what {} models learned points the same way{}", all.models, all.models > 2 ? " (mean of all pairs)" : "")};
    Json parts = Json::array();
    for (const Interference::Part& p : all.parts) {
      if (table.rows.size() < kShown) table.rows.push_back(row(p));
      parts.push(Json::object({{"part", p.name}, {"numbers", p.numbers}, {"cosine", p.mean_cosine()}, {"disagree", p.disagreeing()}}));
    }
    const Interference::Part whole = all.whole();
    table.rows.push_back(row(whole));
    page.blocks.emplace_back(std::move(table));
    if (all.parts.size() > kShown) page.blocks.emplace_back(Remark{str("and {} parts more", all.parts.size() - kShown), report::Tone::faint});
    if (all.models > 2) {
      report::Table pairs{.columns = {"models", "cosine"}, .rows = {}};
      for (size_t i = 0; i < all.models; ++i)
        for (size_t j = i + 1; j < all.models; ++j)
          pairs.rows.push_back({str("{} and {}", made.models[i], made.models[j]), number(whole.cosine(i, j), "{:.4f}")});
      page.blocks.emplace_back(std::move(pairs));
    }
    result.set("interference", Json::object({{"cosine", whole.mean_cosine()}, {"disagree", whole.disagreeing()}, {"parts", std::move(parts)}}));
  }

  void add_losses(report::Report& page, Json& result, const MergeConfig& config) const {
    report::Table table{.columns = {"model", "nats a token", "perplexity"}, .rows = {}, .title = "on " + data_};
    Json losses = Json::object();
    std::vector<std::string> names = config.models();
    names.push_back(out_);
    for (const std::string& name : names) {
      const TrainedModel trained = load_trained(model_at(name));
      const double loss = TextLoss(data_, *trained.model, *trained.tokenizer).of(*trained.model);
      table.rows.push_back({name, number(loss, "{:.4f}"), number(std::exp(loss), "{:.3f}")});
      losses.set(name, loss);
    }
    page.blocks.emplace_back(std::move(table));
    result.set("losses", std::move(losses));
  }

  std::string config_, out_, data_;
  int64_t seed_ = 1337, threads_ = 0;
  double shard_megabytes_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_merge_command() { return std::make_unique<MergeCommand>(); }

}  // namespace grim
