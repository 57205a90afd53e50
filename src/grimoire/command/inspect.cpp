#include <algorithm>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/data/token_batch.h"
#include "grimoire/device/threads.h"
#include "grimoire/generate/greedy.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/arrange.h"
#include "grimoire/text/special_token.h"

namespace grim {
namespace {

enum class Part : uint8_t { whole, encoder, decoder, cross };  // of an encoder-decoder: which attention; whole: the decoder's to the source, or there is one

// What one layer's heads look at.
struct Pattern {
  std::string layer;  // its path
  Tensor weights;     // (1, H, T, S)
};

class PatternTap {
 public:
  explicit PatternTap(Module& model) : tap_([this](const Site& site, const Tensor& y) { return see(site, y); }, Tap::Attention::weights) {
    model.visit_modules([&](const std::string& name, Module& m) { paths_.emplace(&m, name); });
  }
  std::vector<Pattern> taken() { return std::move(seen_); }

 private:
  Tensor see(const Site& site, const Tensor& y) {
    if (site.kind == SiteKind::attention) seen_.push_back({paths_[&site.layer], y});
    return {};
  }
  std::map<const Module*, std::string> paths_;
  std::vector<Pattern> seen_;
  Tap tap_;
};

// The patterns of a pass, and the tokens that look (rows) and are looked at (columns).
struct Looks {
  std::vector<Pattern> layers;
  std::vector<std::string> rows, columns;
};

std::vector<std::string> named(const Tokenizer& tokenizer, const std::vector<int64_t>& ids) {
  std::vector<std::string> names;
  for (const int64_t id : ids) names.push_back(tokenizer.token(id));
  return names;
}

// (1, H, N, N) of the text's own N tokens, from (R, H, T, S) of R segments, whose last T keys are their own and the others those before.
Tensor of_the_text(const Tensor& weights, int64_t N) {
  const int64_t R = weights.dim(0), H = weights.dim(1), T = weights.dim(2), S = weights.dim(3);
  if (R == 1 && T == N && S == N) return weights;
  const std::vector<float> w = weights.to_vector<float>();
  const Tensor all = Tensor::zeros({1, H, N, N});
  for (int64_t r = 0; r < R; ++r)
    for (int64_t h = 0; h < H; ++h)
      for (int64_t t = 0; t < T; ++t)
        for (int64_t s = 0; s < S; ++s) {
          const int64_t row = r * T + t, column = r * T + s - (S - T);
          if (row < N && column >= 0 && column < N) all.data<float>()[(h * N + row) * N + column] = w[static_cast<size_t>(((r * H + h) * T + t) * S + s)];
        }
  return all;
}

Looks looks_of(const TrainedModel& trained, const std::string& text) {
  if (trained.model->reading() != Reading::sequence) return {};
  std::vector<int64_t> ids = trained.tokenizer->encode(text);
  if (const std::optional<int64_t> begin = trained.tokenizer->boundary() ? trained.tokenizer->boundary() : token_before_texts(*trained.tokenizer))
    ids.insert(ids.begin(), *begin);
  const auto n = static_cast<int64_t>(ids.size());
  if (n > trained.model->context())
    fail(ErrorKind::input, "text", str("--text has {} tokens, and the model reads at most {}", n, trained.model->context()), "give a shorter one");
  PatternTap tap(*trained.model);
  Pass pass;
  trained.model->logits(Tensor::from(ids, {1, n}), pass);
  const std::vector<std::string> names = named(*trained.tokenizer, ids);
  std::vector<Pattern> patterns = tap.taken();
  for (Pattern& p : patterns) p.weights = of_the_text(p.weights, n);
  return {std::move(patterns), names, names};
}

Looks looks_of(const TrainedEncoder& trained, const std::string& text) {
  const TokenBatch tokens = encode_whole(*trained.tokenizer, text, trained.model->context(), "--text");
  PatternTap tap(*trained.model);
  Pass pass;
  trained.model->hidden(tokens, pass);
  const std::vector<std::string> names = named(*trained.tokenizer, tokens.ids.to_vector<int64_t>());
  return {tap.taken(), names, names};
}

// A layer that looks once for each token shows a row a time: the rows of each, one below the other.
std::vector<Pattern> joined_by_layer(std::vector<Pattern> shown) {
  std::vector<Pattern> layers;
  for (Pattern& p : shown) {
    if (layers.empty() || layers.back().layer != p.layer) layers.push_back(std::move(p));
    else layers.back().weights = concat({layers.back().weights, p.weights}, 2);
  }
  return layers;
}

// In the decoder each layer looks back first, where it does, then at the source.
Looks looks_of(const TrainedSeq2Seq& trained, const std::string& text, const std::string& target, Part part) {
  constexpr int64_t kMostWritten = 64;
  const int64_t context = trained.model->decode_cache()->capacity();
  const TokenBatch source = encode_whole(*trained.tokenizer, text, context, "--text");
  const std::vector<std::string> read = named(*trained.tokenizer, source.ids.to_vector<int64_t>());
  const int64_t end = end_token(trained);
  std::vector<std::vector<int64_t>> ids;
  if (part != Part::encoder) {
    if (target.empty()) ids = write_greedily(*trained.model, source, end, std::min(kMostWritten, context - 1));
    else ids = {encode_whole(*trained.tokenizer, target, context, "--target").ids.to_vector<int64_t>()};
  }
  PatternTap tap(*trained.model);
  Pass pass;
  const SourceMemory memory = trained.model->read(source, pass);
  if (part == Part::encoder) return {tap.taken(), read, read};
  tap.taken();
  const TokenBatch shifted = shifted_right(TokenBatch::of(ids), trained.model->start());
  trained.model->written(shifted, memory, pass);
  std::vector<Pattern> own;
  const std::vector<Pattern> all = joined_by_layer(tap.taken());
  const size_t looks = trained.model->looks_back() ? 2 : 1, first = part == Part::decoder ? 0 : looks - 1;
  if (part == Part::decoder && looks == 1) return {};
  for (size_t i = first; i < all.size(); i += looks) own.push_back(all[i]);
  const std::vector<std::string> written = named(*trained.tokenizer, shifted.ids.to_vector<int64_t>());
  return {std::move(own), written, part == Part::decoder ? written : read};
}

// Of one head, or the mean over all.
report::HeatMap map_of(const Looks& looks, size_t layer, int64_t head) {
  const Pattern& p = looks.layers[layer];
  const int64_t H = p.weights.dim(1), T = p.weights.dim(2), S = p.weights.dim(3), first = head < 0 ? 0 : head, count = head < 0 ? H : 1;
  const std::vector<float> w = p.weights.to_vector<float>();
  report::HeatMap map{str("{}, {}", p.layer, head < 0 ? str("mean of {} heads", H) : str("head {}", head)), looks.rows, looks.columns, {}};
  for (int64_t t = 0; t < T; ++t) {
    std::vector<double> row(static_cast<size_t>(S));
    for (int64_t h = first; h < first + count; ++h) {
      const float* const own = w.data() + (h * T + t) * S;
      for (int64_t s = 0; s < S; ++s) row[static_cast<size_t>(s)] += static_cast<double>(own[s]) / static_cast<double>(count);
    }
    map.values.push_back(std::move(row));
  }
  return map;
}

class InspectCommand final : public Command {
 public:
  std::string name() const override { return "inspect"; }
  std::string summary() const override { return "look into a model at work: which tokens its attention looks at"; }
  std::vector<std::string> examples() const override {
    return {"grimoire inspect attention smollm2 --text 'The cat sat on the mat' --layer 3 --head 2",
            "grimoire inspect attention runs/t5 --text 'translate English to German: The house is small.' --out attention.html"};
  }
  std::vector<Positional> positionals() override {
    return {{"view", "attention", &view_}, {"model", "a run or model folder, or the name of a published model", &model_}};
  }
  Forms forms() const override { return {.by = "view", .all = {{"attention", "how strongly each token looks at each, by layer and head"}}}; }
  Options options() override {
    return {{.name = "text", .help = "what the model reads", .target = &text_, .basic = true, .required = true},
            {.name = "layer", .help = "from 0; -1: the last", .target = &layer_, .low = -1, .high = 1 << 20, .basic = true},
            {.name = "head", .help = "from 0; -1: the mean of all", .target = &head_, .low = -1, .high = 1 << 20, .basic = true},
            {.name = "part", .help = "of an encoder-decoder: which attention; cross is the decoder's to the source", .target = by_choice(&part_),
             .choices = {"auto", "encoder", "decoder", "cross"}},
            {.name = "target", .help = "of an encoder-decoder: the text it writes; what it would write by itself when not given", .target = &target_},
            {.name = "out", .help = "also a page with every head of the layer", .target = &out_},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    const NoGrad no_grad;
    const AnyTrained any = load_any(model_at(model_));
    const Looks looks = look(any);
    GRIM_CHECK(!looks.layers.empty(), input, "inspect", "'{}': this model has no attention to look at", model_);
    const auto layers = static_cast<int64_t>(looks.layers.size());
    check_place("layer", layer_, layers);
    const auto layer = static_cast<size_t>(layer_ < 0 ? layers - 1 : layer_);
    const int64_t heads = looks.layers[layer].weights.dim(1);
    check_place("head", head_, heads);
    const report::HeatMap map = map_of(looks, layer, head_);
    report::Report answer{"", {map, report::Figure{"layers", static_cast<double>(layers)}, report::Figure{"heads", static_cast<double>(heads)}}};
    if (!out_.empty()) write_atomically(out_, html_page(page(looks, layer)));
    Json weights = Json::array();
    for (const auto& row : map.values) weights.push(Json::array_of(row));
    show(console, answer, Json::object({{"layer", looks.layers[layer].layer}, {"layers", layers}, {"head", head_}, {"heads", heads},
                                        {"rows", Json::array_of(looks.rows)}, {"columns", Json::array_of(looks.columns)}, {"weights", weights}}));
    return 0;
  }

 private:
  Looks look(const AnyTrained& any) const {
    if (text_.empty()) throw Error(ErrorKind::usage, "--text is empty: there is nothing to look at", "give a few words");
    if (const auto* const writer = std::get_if<TrainedSeq2Seq>(&any)) return looks_of(*writer, text_, target_, part_);
    if (part_ != Part::whole || !target_.empty())
      throw Error(ErrorKind::usage, "--part and --target are for encoder-decoders, and this model is none", "leave them out");
    if (const auto* const encoder = std::get_if<TrainedEncoder>(&any)) return looks_of(*encoder, text_);
    return looks_of(std::get<TrainedModel>(any), text_);
  }
  static void check_place(const char* what, int64_t got, int64_t count) {
    if (got >= count) throw Error(ErrorKind::usage, str("--{}: got {}, expected 0 to {}, or -1", what, got, count - 1));
  }
  report::Report page(const Looks& looks, size_t layer) const {
    report::Report all{str("Attention of {}", model_), {report::Prose{"A row is a token that looks, a column one that is looked at; each row adds up to 1."}}};
    for (int64_t h = -1; h < looks.layers[layer].weights.dim(1); ++h) all.blocks.push_back(map_of(looks, layer, h));
    return all;
  }

  std::string view_, model_, text_, target_, out_;
  int64_t layer_ = -1, head_ = -1, threads_ = 0;
  Part part_ = Part::whole;
};

}  // namespace

std::unique_ptr<Command> make_inspect_command() { return std::make_unique<InspectCommand>(); }

}  // namespace grim
