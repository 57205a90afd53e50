#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/data/corpus.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/report/report.h"
#include "grimoire/train/divergence.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/provenance.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number;

class QuantizeCommand final : public Command {
 public:
  std::string name() const override { return "quantize"; }
  std::string summary() const override { return "store a model's matrices in few bits, and see what that costs"; }
  std::vector<std::string> examples() const override {
    return {"grimoire quantize models/smollm2 --type q8_0 --out smollm2-q8.gguf --data text.txt",
            "grimoire generate smollm2-q8.gguf --prompt \"Once upon a time\""};
  }
  std::vector<Positional> positionals() override { return {{"model", "a run or model folder, a published model's name, or a file of weights", &model_}}; }
  Options options() override {
    return {{.name = "type", .help = "ggml's blocks: 8, 5 or 4 bits beside a scale for each 32 numbers, _1 with a minimum too; _k of 256, sought for the least "
                                     "error; tq2_0: -1, 0, 1; auto: what it was trained for (train --qat), else q8_0",
             .target = &type_, .choices = {"auto", "q8_0", "q6_k", "q5_k", "q4_k", "q5_1", "q5_0", "q4_1", "q4_0", "tq2_0"}, .basic = true},
            {.name = "types", .help = "PATTERN=TYPE: another type for matrices in whose names in the file the regular expression is found; may be given again",
             .target = &rules_},
            {.name = "imatrix", .help = "which inputs matter, as grimoire imatrix measures it: _k blocks err less there", .target = &imatrix_, .basic = true},
            {.name = "out", .help = "the GGUF file that is made", .target = &out_, .basic = true, .required = true},
            {.name = "data", .help = "a text on which both models are compared: perplexity, and how far apart their words are", .target = &data_,
             .basic = true},
            {.name = "context", .help = "tokens of a block of that text; 0 takes as many as the model looks back on", .target = &context_, .low = 0,
             .high = 1 << 20, .with = "data"},
            {.name = "tokens", .help = "so many of its first tokens; 0: all", .target = &tokens_, .low = 0, .high = 1e12, .with = "data"},
            {.name = "requantise", .help = "also round numbers that were rounded to blocks before", .target = &requantise_},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (!out_.ends_with(".gguf")) refuse(*this, str("--out: got '{}', expected a name that ends in .gguf", out_), "safetensors has no such types");
    if (files().kind(out_) != FileKind::none) refuse(*this, str("--out: {} is there already", out_), "give a new name, so that nothing is overwritten");
    const device::ThreadCap cap(threads_);
    const std::string given = model_at(model_), from = is_run_folder(given) ? model_folder_in(given) : given;
    const std::unique_ptr<TensorFile> weights = open_weights_at(from);
    const std::string trained_for = type_trained_for(from), type = type_ != "auto" ? stored_name(type_) : trained_for.empty() ? "Q8_0" : trained_for;
    const std::string before = rounded_before(*weights);
    if (!before.empty() && before != type && !requantise_)
      throw Error(ErrorKind::input, str("{} holds {} already: rounding its numbers again to {} loses more than rounding the first ones would", weights->path(),
                                        before, type),
                  "start from the model in f32, f16 or bf16, or give --requantise");
    ConvertOptions options{.to = WeightsFormat::gguf, .dtype = type, .rules = rules_, .exact = type == trained_for};
    check_types(options.gguf_types());
    if (!imatrix_.empty()) options.importance = std::make_shared<const ImportanceMatrix>(read_importances(imatrix_));
    const Converted made = convert_weights(from, out_, options);
    Json result = Json::object({{"file", out_}, {"type", type_}});
    report::Report page;
    add_sizes(page, result, *weights);
    add_worst(page, result, rounding_of(*weights, options.gguf_types()));
    if (options.exact)
      page.blocks.emplace_back(report::Remark{str("it was trained for {}: matrices that are held so to the bit are, the others stay as they are", type)});
    for (const std::string& note : made.notes) page.blocks.emplace_back(report::Remark{note, report::Tone::warning});
    if (!data_.empty()) add_comparison(page, result, from);
    else page.blocks.emplace_back(report::Remark{"how far its words are from the first model's, and what that costs in perplexity: --data TEXT"});
    show(console, page, std::move(result));
    return 0;
  }

 private:
  // As its run's settings say; "": nothing is known, or nothing.
  static std::string type_trained_for(const std::string& folder) {
    if (!exists(join_path(folder, kManifestName))) return "";
    const std::optional<Provenance> run = provenance_in(verify_checkpoint(folder, Verify::sizes).about);
    const std::string qat = run ? run->settings.text("qat", "none") : "none";
    return qat == "int8" ? "Q8_0" : qat == "int4" ? "Q4_0" : qat == "ternary" || qat == "binary" ? "TQ2_0" : "";
  }

  void add_sizes(report::Report& page, Json& result, const TensorFile& weights) const {
    const auto [numbers, before] = size_of(weights);
    const auto [_, after] = size_of(*open_tensor_file(out_));
    const double bits = 8. * static_cast<double>(after) / static_cast<double>(std::max<int64_t>(numbers, 1));
    page.blocks.emplace_back(Figure{"numbers", counted(numbers)});
    page.blocks.emplace_back(Figure{"MB before", number(static_cast<double>(before) / 1e6, "{:.1f}")});
    page.blocks.emplace_back(Figure{"MB now", number(static_cast<double>(after) / 1e6, "{:.1f}")});
    page.blocks.emplace_back(Figure{"bits a number", number(bits, "{:.3f}")});
    result.set("numbers", numbers), result.set("bytes_before", before), result.set("bytes", after), result.set("bits", bits);
  }
  static std::pair<int64_t, int64_t> size_of(const TensorFile& weights) {  // numbers and bytes
    int64_t numbers = 0, bytes = 0;
    for (const TensorEntry& e : weights.entries()) numbers += e.shape.numel(), bytes += static_cast<int64_t>(e.bytes);
    return {numbers, bytes};
  }

  // The matrices that rounding hurts most.
  static void add_worst(report::Report& page, Json& result, std::vector<RoundedTensor> rounded) {
    constexpr size_t kShown = 8;
    std::ranges::stable_sort(rounded, std::ranges::greater(), &RoundedTensor::error);
    report::Table table{.columns = {"matrix", "numbers", "type", "error"}, .rows = {}};
    Json list = Json::array();
    for (const RoundedTensor& t : rounded) {
      if (table.rows.size() < kShown) table.rows.push_back({t.name, counted(t.numbers), t.type, number(t.error, "{:.5f}")});
      list.push(Json::object({{"name", t.name}, {"numbers", t.numbers}, {"type", t.type}, {"error", t.error}}));
    }
    table.title = str("{} matrices are rounded; those that it changes most, as |w - w'| / |w|", rounded.size());
    page.blocks.emplace_back(std::move(table));
    result.set("matrices", std::move(list));
  }

  void add_comparison(report::Report& page, Json& result, const std::string& from) const {
    const TrainedModel first = load_trained(from), now = load_trained(out_, WeightType::automatic);
    const std::vector<int64_t> ids = running_ids(load_corpus(data_, CorpusFormat::text), *first.tokenizer, tokens_);
    const Divergence d = divergence(*first.model, *now.model, ids, context_ > 0 ? context_ : first.model->context());
    page.blocks.emplace_back(Figure{"tokens compared", counted(d.tokens)});
    page.blocks.emplace_back(Figure{"perplexity before", number(std::exp(d.nats), "{:.4f}")});
    page.blocks.emplace_back(Figure{"perplexity now", number(std::exp(d.changed_nats), "{:.4f}")});
    page.blocks.emplace_back(Figure{"KL divergence, nats", number(d.kl, "{:.6f}")});
    page.blocks.emplace_back(Figure{"of the worst hundredth, at least", number(d.kl_99, "{:.5f}")});
    page.blocks.emplace_back(Figure{"likeliest word the same", number(100 * d.same_word, "{:.2f} %")});
    result.set("comparison", Json::object({{"tokens", d.tokens}, {"nats_before", d.nats}, {"nats", d.changed_nats}, {"kl", d.kl}, {"kl_99", d.kl_99},
                                           {"kl_most", d.kl_most}, {"same_word", d.same_word}, {"weights", name_of(now.products)}}));
  }

  std::string model_, type_ = "auto", out_, data_, imatrix_;
  std::vector<std::string> rules_;
  int64_t context_ = 0, tokens_ = 0, threads_ = 0;
  bool requantise_ = false;
};

}  // namespace
std::unique_ptr<Command> make_quantize_command() { return std::make_unique<QuantizeCommand>(); }

}  // namespace grim
