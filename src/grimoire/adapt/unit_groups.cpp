#include "grimoire/adapt/unit_groups.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "grimoire/adapt/merge_model.h"
#include "grimoire/base/error.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/nn/linear.h"
#include "grimoire/tensor/copy.h"

namespace grim {

ModelTensors::ModelTensors(const Module& model) {
  model.visit([&](const std::string& name, const Tensor& x, Module::Kind) {
    if (is_float(x.dtype())) all_.push_back({name, x});
  });
}

const Tensor& ModelTensors::at(const std::string& name) const {
  const auto found = std::ranges::find(all_, name, &NamedTensor::name);
  GRIM_CHECK(found != all_.end(), argument, "units", "there is no tensor '{}'", name);
  return found->tensor;
}

ModelTensors ModelTensors::copied() const {
  ModelTensors made;
  for (const NamedTensor& t : all_) made.all_.push_back({t.name, copy(t.tensor)});
  return made;
}

namespace {

// A dense tensor as (before, axis, behind).
struct Around {
  int64_t before = 1, size, behind = 1;
  Around(const Tensor& x, int axis) : size(x.dim(axis)) {
    for (int i = 0; i < axis; ++i) before *= x.dim(i);
    for (int i = axis + 1; i < x.ndim(); ++i) behind *= x.dim(i);
  }
};

// f(place, which): the places of unit u on the axis, one behind the other.
template <class F> void each_place(const UnitAxis& a, int64_t u, F&& f) {
  for (int64_t r = 0; r < a.repeats; ++r)
    for (int64_t i = 0; i < a.inner; ++i) f(a.offset + r * a.repeat_stride + u * a.stride + i);
}

// Numbers of axis place `to[k]` become those that stood at `from[k]`.
void move_places(const Tensor& x, int axis, const std::vector<int64_t>& to, const std::vector<int64_t>& from) {
  const Around a(x, axis);
  const Tensor was = copy(x);
  for (int64_t b = 0; b < a.before; ++b)
    for (size_t k = 0; k < to.size(); ++k)
      std::copy_n(was.data<float>() + (b * a.size + from[k]) * a.behind, a.behind, x.data<float>() + (b * a.size + to[k]) * a.behind);
}

}  // namespace

void reorder(const ModelTensors& model, const UnitGroup& group, const Order& order) {
  for (const UnitAxis& a : group.axes) {
    std::vector<int64_t> to, from;
    for (int64_t u = 0; u < group.units; ++u) {
      each_place(a, u, [&](int64_t place) { to.push_back(place); });
      each_place(a, order[static_cast<size_t>(u)], [&](int64_t place) { from.push_back(place); });
    }
    move_places(model.at(a.tensor), a.axis, to, from);
  }
}

void reorder_inside(const ModelTensors& model, const std::vector<UnitAxis>& axes, int64_t head, const Order& order) {
  for (const UnitAxis& a : axes) {
    std::vector<int64_t> to, from;
    for (int64_t r = 0; r < a.repeats; ++r)
      for (int64_t i = 0; i < a.inner; ++i) {
        const int64_t first = a.offset + r * a.repeat_stride + head * a.stride;
        to.push_back(first + i), from.push_back(first + order[static_cast<size_t>(i)]);
      }
    move_places(model.at(a.tensor), a.axis, to, from);
  }
}

Tensor rows_of_units(const ModelTensors& model, const UnitAxis& a, int64_t units, int64_t head) {
  const Tensor& x = model.at(a.tensor);
  const Around around(x, a.axis);
  const int64_t rows = head < 0 ? units : a.inner, places = head < 0 ? a.repeats * a.inner : a.repeats;
  const Tensor y = Tensor::empty({rows, places * around.before * around.behind});
  float* out = y.data<float>();
  for (int64_t row = 0; row < rows; ++row) {
    const auto put = [&](int64_t place) {
      for (int64_t b = 0; b < around.before; ++b)
        out = std::copy_n(x.data<float>() + (b * around.size + place) * around.behind, around.behind, out);
    };
    if (head < 0) each_place(a, row, put);
    else
      for (int64_t r = 0; r < a.repeats; ++r) put(a.offset + r * a.repeat_stride + head * a.stride + row);
  }
  return y;
}

Tensor answers_to_random_tokens(const Pretrained& model, Rng& rng) {
  constexpr int64_t kTexts = 3, kTokens = 8;
  const int64_t V = model.config().integer("vocab_size");
  Pass pass = Pass::evaluation();
  if (const auto* const lm = dynamic_cast<const CausalLm*>(&model)) {
    const int64_t T = lm->reading() == Reading::window ? lm->context() : std::min(lm->context(), kTokens);
    const Tensor tokens = Tensor::empty({kTexts, T}, Dtype::i64);
    for (int64_t i = 0; i < tokens.numel(); ++i) tokens.data<int64_t>()[i] = rng.randint(0, V);
    return contiguous(cast(lm->logits(tokens, pass), Dtype::f32));
  }
  fail(ErrorKind::input, "units", str("a model of model_type '{}' does not predict the next token", model.config().text("model_type", "")),
       "give one that does: its answers prove which units may change places");
}

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) { return std::ranges::find(words, word) != words.end(); }

// "h.0.attn.c_attn.weight" is the weight of "c_attn".
std::string_view module_word(std::string_view tensor) {
  const size_t end = tensor.rfind('.');
  if (end == tensor.npos) return "";
  const size_t begin = tensor.rfind('.', end - 1);
  return tensor.substr(begin == tensor.npos ? 0 : begin + 1, end - (begin == tensor.npos ? 0 : begin + 1));
}
std::string module_path(const std::string& tensor) { return tensor.substr(0, std::max<size_t>(tensor.rfind('.'), 0)); }

enum class Fused : uint8_t { by_sections, by_heads };  // all queries, all keys, all values; or the three of one head side by side

class Proposer {
 public:
  Proposer(Pretrained& model, const ModelTensors& tensors, Fused fused) : tensors_(tensors), config_(model.config()), fused_(fused) {
    model.visit_modules([&](const std::string& name, Module& m) {
      if (const auto* const l = dynamic_cast<const Linear*>(&m); l && l->product().layout() == WeightLayout::out_in) out_first_.insert(name + ".weight");
    });
  }

  std::vector<UnitGroup> propose() {
    std::map<std::string, std::vector<const NamedTensor*>> blocks;
    std::vector<std::string> order;
    for (const NamedTensor& t : tensors_.all())
      if (const auto layer = layer_name(t.name); layer && t.tensor.ndim() == 2) {
        const std::string block = str("{}.{}", layer->stack, layer->layer);
        if (blocks[block].empty()) order.push_back(block);
        blocks[block].push_back(&t);
      }
    for (const std::string& block : order) add_block(block, blocks[block]);
    if (!has_attention_) return chain();
    add_stream();
    return std::move(all_);
  }

 private:
  int64_t size(std::initializer_list<const char*> keys, int64_t otherwise) const {
    for (const char* key : keys)
      if (const Json* const v = config_.find(key); v && v->kind() == Json::Kind::integer) return v->as_integer();
    return otherwise;
  }
  int out_axis(const std::string& matrix) const { return out_first_.contains(matrix) ? 0 : 1; }
  int in_axis(const std::string& matrix) const { return 1 - out_axis(matrix); }
  int64_t out_size(const NamedTensor& m) const { return m.tensor.dim(out_axis(m.name)); }
  int64_t in_size(const NamedTensor& m) const { return m.tensor.dim(in_axis(m.name)); }
  bool holds(const std::string& name) const { return std::ranges::find(tensors_.all(), name, &NamedTensor::name) != tensors_.all().end(); }
  std::string bias_of(const std::string& weight) const {
    const std::string bias = module_path(weight) + ".bias";
    return holds(bias) ? bias : "";
  }
  void claim(std::vector<UnitAxis>& axes, UnitAxis a) {
    claimed_.insert({a.tensor, a.axis});
    axes.push_back(std::move(a));
  }
  // What leaves a matrix, and its bias.
  void claim_out(std::vector<UnitAxis>& axes, const std::string& weight, UnitAxis a) {
    a.tensor = weight, a.axis = out_axis(weight);
    claim(axes, a);
    if (const std::string bias = bias_of(weight); !bias.empty()) a.tensor = bias, a.axis = 0, claim(axes, a);
  }

  // Matrices of a block in the order in which they are applied: of attention queries, keys, values and what reads the heads; of a feed-forward layer some
  // that lead into its hidden units and one that leads out.
  void add_block(const std::string& block, const std::vector<const NamedTensor*>& matrices) {
    std::vector<const NamedTensor*> into;
    const NamedTensor *q = nullptr, *k = nullptr, *v = nullptr;
    for (const NamedTensor* m : matrices) {
      const std::string_view word = module_word(m->name);
      if (is_one_of(word, {"q_proj", "query", "q", "q_lin"})) q = m;
      else if (is_one_of(word, {"k_proj", "key", "k", "k_lin"})) k = m;
      else if (is_one_of(word, {"v_proj", "value", "v", "v_lin"})) v = m;
      else if (is_one_of(word, {"c_attn", "query_key_value", "qkv_proj", "qkv", "in_proj"})) q = k = v = m;
      else if (q && k && v) add_heads(block, *q, *k, *v, *m), q = k = v = nullptr;
      else if (!into.empty() && in_size(*m) == out_size(*into[0])) add_hidden(block, into, *m), into.clear();
      else into.push_back(m);
    }
  }

  void add_hidden(const std::string& block, const std::vector<const NamedTensor*>& into, const NamedTensor& out) {
    UnitGroup g{.kind = UnitGroup::Kind::hidden, .name = block + " feed-forward", .units = in_size(out)};
    for (const NamedTensor* m : into)
      if (out_size(*m) == g.units) claim_out(g.axes, m->name, {});
    claim(g.axes, {.tensor = out.name, .axis = in_axis(out.name)});
    all_.push_back(std::move(g));
  }

  void add_heads(const std::string& block, const NamedTensor& q, const NamedTensor& k, const NamedTensor& v, const NamedTensor& out) {
    has_attention_ = true;
    const int64_t H = size({"n_head", "num_attention_heads", "num_heads", "n_heads", "encoder_attention_heads"}, 1), KV = size({"num_key_value_heads"}, H);
    const int64_t width = in_size(out), D = width / std::max<int64_t>(H, 1), several = H / std::max<int64_t>(KV, 1);  // heads for each of keys
    UnitGroup g{.kind = UnitGroup::Kind::heads, .name = block + " heads", .units = KV};
    std::vector<UnitAxis> queries_keys, values_out;
    const bool one = &q == &v, by_heads = one && fused_ == Fused::by_heads;
    const auto part = [&](int64_t i) { return UnitAxis{.offset = !one ? 0 : by_heads ? i * D : i * width, .stride = by_heads ? 3 * D : D, .inner = D}; };
    claim_out(queries_keys, k.name, part(1));
    claim_out(values_out, v.name, part(2));
    UnitAxis of_queries = part(0), inside = part(0), read{.tensor = out.name, .axis = in_axis(out.name), .stride = D, .inner = D};
    if (several > 1) {
      of_queries.stride = of_queries.inner = several * D;
      inside.stride = several * D, inside.repeats = several, inside.repeat_stride = D;
    }
    UnitAxis read_inside = read;
    if (several > 1) read.stride = read.inner = several * D, read_inside.stride = several * D, read_inside.repeats = several, read_inside.repeat_stride = D;
    g.axes = queries_keys;
    g.axes.insert(g.axes.end(), values_out.begin(), values_out.end());
    claim_out(g.axes, q.name, of_queries);
    claim_out(queries_keys, q.name, inside);
    claim(g.axes, read);
    values_out.push_back(read_inside);
    g.inner = {std::move(values_out), std::move(queries_keys)};
    if (H * D != width || KV * D != (one ? width : out_size(v))) return;
    all_.push_back(std::move(g));
  }

  // Whatever is as wide as the table of tokens, on an axis that belongs to no other group.
  void add_stream() {
    UnitGroup g{.kind = UnitGroup::Kind::stream, .name = "residual stream"};
    for (const NamedTensor& t : tensors_.all())
      if (g.units == 0 && t.tensor.ndim() == 2 && !layer_name(t.name) && before_layers(t.name)) g.units = t.tensor.dim(1);
    for (const NamedTensor& t : tensors_.all())
      for (int axis = 0; axis < t.tensor.ndim(); ++axis) {
        const bool table = t.tensor.ndim() == 2 && !layer_name(t.name);  // rows of tables are tokens and places
        if (t.tensor.dim(axis) == g.units && !claimed_.contains({t.name, axis}) && !(table && axis == 0)) g.axes.push_back({.tensor = t.name, .axis = axis});
      }
    if (g.units > 1) all_.push_back(std::move(g));
  }

  // Without attention each matrix reads what the one before it gives, several times over where it reads several tokens side by side.
  std::vector<UnitGroup> chain() const {
    std::vector<UnitGroup> all;
    const std::vector<NamedTensor>& t = tensors_.all();
    for (size_t i = 0; i < t.size(); ++i) {
      if (t[i].tensor.ndim() != 2) continue;
      UnitGroup g{.kind = UnitGroup::Kind::hidden, .name = module_path(t[i].name), .units = out_size(t[i]),
                  .axes = {{.tensor = t[i].name, .axis = out_axis(t[i].name)}}};
      size_t next = i + 1;
      for (; next < t.size() && t[next].tensor.ndim() < 2; ++next)
        if (t[next].tensor.ndim() == 1 && t[next].tensor.dim(0) == g.units) g.axes.push_back({.tensor = t[next].name, .axis = 0});
      if (next == t.size() || t[next].tensor.ndim() != 2 || in_size(t[next]) % g.units != 0) continue;
      g.axes.push_back({.tensor = t[next].name, .axis = in_axis(t[next].name), .repeats = in_size(t[next]) / g.units, .repeat_stride = g.units});
      if (g.units > 1) all.push_back(std::move(g));
    }
    return all;
  }

  const ModelTensors& tensors_;
  const Json config_;
  const Fused fused_;
  bool has_attention_ = false;
  std::vector<UnitGroup> all_;
  std::set<std::pair<std::string, int>> claimed_;
  std::set<std::string> out_first_;  // matrices that lie (out, in)
};

// Gives a model's tensors back as they were.
class Restored {
 public:
  explicit Restored(const ModelTensors& model) : model_(model), before_(model.copied()) {}
  ~Restored() { back(); }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;
  void back() const {
    for (size_t i = 0; i < model_.all().size(); ++i) copy_into(model_.all()[i].tensor, before_.all()[i].tensor);
  }

 private:
  const ModelTensors& model_;
  ModelTensors before_;
};

// Numbers of a size at which every unit counts: what a fresh or a finished model computes may hardly hang on some of them.
void fill_at_random(const ModelTensors& model, Rng& rng) {
  for (const NamedTensor& t : model.all()) {
    const double scale = t.tensor.ndim() == 2 ? 1.5 / std::sqrt(static_cast<double>(std::min(t.tensor.dim(0), t.tensor.dim(1)))) : 0.3;
    const bool spread = t.tensor.ndim() < 2 && !t.name.ends_with("bias");  // gains and variances lie about 1
    for (int64_t i = 0; i < t.tensor.numel(); ++i) {
      const double v = rng.normal() * scale;
      t.tensor.data<float>()[i] = static_cast<float>(spread ? 0.3 + std::abs(1 + v) : v);
    }
  }
}

class Prover {
 public:
  Prover(Pretrained& model, const ModelTensors& tensors, uint64_t seed) : model_(model), tensors_(tensors), seed_(seed) {
    Rng rng(RngMode::philox, seed, "units");
    fill_at_random(tensors, rng);
    filled_ = std::make_unique<Restored>(tensors);
    answers_ = answers();
  }
  // Are the answers the same, but for rounding, when `shuffle` has changed the tensors?
  bool holds(const std::function<void(Rng& rng)>& shuffle) {
    constexpr double kRounding = 2e-4;
    Rng rng(RngMode::philox, seed_, "orders");
    shuffle(rng);
    const Tensor now = answers();
    filled_->back();
    double apart = 0, most = 0;
    for (int64_t i = 0; i < now.numel(); ++i) {
      const double was = answers_.data<float>()[i], is = now.data<float>()[i];
      apart = std::max(apart, std::abs(is - was)), most = std::max(most, std::abs(was));
    }
    return apart <= kRounding * most;
  }

 private:
  Tensor answers() const {
    Rng rng(RngMode::philox, seed_, "tokens");
    return answers_to_random_tokens(model_, rng);
  }
  Pretrained& model_;
  const ModelTensors& tensors_;
  uint64_t seed_;
  std::unique_ptr<Restored> filled_;
  Tensor answers_;
};

const char* name_of(UnitGroup::Kind kind) {
  return kind == UnitGroup::Kind::stream ? "places of the residual stream" : kind == UnitGroup::Kind::heads ? "attention heads" : "hidden units";
}

// Those of one kind stand or fall together; in chains each by itself.
std::vector<UnitGroup> proved(const ModelTensors& tensors, Prover& prover, const std::vector<UnitGroup>& proposed, UnitGroup::Kind kind) {
  std::vector<UnitGroup> all;
  for (const UnitGroup& g : proposed)
    if (g.kind == kind) all.push_back(g);
  const auto shuffle = [&](const UnitGroup& g, Rng& rng) { reorder(tensors, g, rng.permutation(g.units)); };
  if (!prover.holds([&](Rng& rng) { for (const UnitGroup& g : all) shuffle(g, rng); }))
    std::erase_if(all, [&](const UnitGroup& g) { return !prover.holds([&](Rng& rng) { shuffle(g, rng); }); });
  for (UnitGroup& g : all)
    std::erase_if(g.inner, [&](const std::vector<UnitAxis>& axes) {
      return !prover.holds([&](Rng& rng) {
        for (int64_t head = 0; head < g.units; ++head) reorder_inside(tensors, axes, head, rng.permutation(axes[0].inner));
      });
    });
  return all;
}

}  // namespace

UnitGroups unit_groups(Pretrained& model, uint64_t seed) {
  const ModelTensors tensors(model);
  for (const NamedTensor& t : tensors.all())
    GRIM_CHECK(t.tensor.dtype() == Dtype::f32 && t.tensor.contiguous(), input, "units",
               "'{}' is {}{}: expected a model in f32, as open_model_folder gives one", t.name, grim::name_of(t.tensor.dtype()),
               t.tensor.contiguous() ? "" : ", laid out for evaluation");
  const Restored restored(tensors);
  UnitGroups found;
  {
    Prover prover(model, tensors, seed);
    const std::vector<UnitGroup> proposed = Proposer(model, tensors, Fused::by_sections).propose();
    for (const auto kind : {UnitGroup::Kind::stream, UnitGroup::Kind::hidden, UnitGroup::Kind::heads}) {
      std::vector<UnitGroup> all = proved(tensors, prover, proposed, kind);
      if (all.empty() && kind == UnitGroup::Kind::heads) all = proved(tensors, prover, Proposer(model, tensors, Fused::by_heads).propose(), kind);
      const bool wanted = std::ranges::any_of(proposed, [&](const UnitGroup& g) { return g.kind == kind; });
      if (all.empty() && wanted) found.notes.push_back(str("{} stay where they are: another order would change what the model computes", name_of(kind)));
      for (UnitGroup& g : all) found.all.push_back(std::move(g));
    }
  }
  if (found.all.empty())
    fail(ErrorKind::input, "units", str("no units of a model of model_type '{}' are known whose order does not matter", model.config().text("model_type", "")));
  return found;
}

}  // namespace grim
