// A fitted model whose file lies: its entries are dropped, reshaped, retyped and filled with extremes as a string of bytes says, and
// what is left is loaded and used. The checksum is no defence against a file made on purpose, so the damage is done behind it.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/safetensors_target.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/tensor/copy.h"

namespace grim::fuzz {

struct FittedModel {
  std::string name;
  State state;
  Features rows;  // to be answered
};

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  unsigned next() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  size_t below(size_t n) { return n ? (next() * size_t{256} + next()) % n : 0; }

 private:
  std::string_view rest_;
};

// Forty rows of four columns: dense numbers, sparse numbers, or two numbers with a gap beside two categories.
enum class Rows { dense, sparse, mixed };
inline Dataset small_data(Rows kind, int classes) {
  constexpr int64_t N = 40, P = 4;
  Rng rng(RngMode::philox, 11);
  const Tensor x = Tensor::empty({N, P}, Dtype::f64);
  Dataset d;
  for (int64_t r = 0; r < N; ++r) {
    double sum = 0;
    for (int64_t c = 0; c < P; ++c) {
      double& v = x.data<double>()[r * P + c];
      v = kind == Rows::mixed && c >= 2 ? static_cast<double>((r + c) % 3)
                                        : std::abs(3 + rng.normal() + (classes && r % classes == c ? 2 : 0));
      if (kind == Rows::sparse && (r + c) % 2) v = 0;
      sum += static_cast<double>(c + 1) * v;
    }
    d.y.push_back(classes ? static_cast<double>(r % classes) : sum);
  }
  for (int k = 0; k < classes; ++k) d.classes.push_back(str("class{}", k));
  std::vector<ColumnInfo> columns = {{"a"}, {"b"}, {"c"}, {"d"}};
  if (kind == Rows::mixed) {
    for (int c : {2, 3})
      columns[static_cast<size_t>(c)] = {.name = c == 2 ? "c" : "d", .kind = ColumnKind::category, .levels = {"u", "v", "w"}};
    x.data<double>()[5 * P] = NAN;
  }
  if (kind == Rows::sparse) {
    auto rows = std::make_shared<SparseRows>();
    rows->columns = P;
    for (int64_t r = 0; r < N; ++r) {
      for (int64_t c = 0; c < P; ++c)
        if (x.data<double>()[r * P + c] != 0)
          rows->column.push_back(static_cast<int32_t>(c)), rows->value.push_back(x.data<double>()[r * P + c]);
      rows->row_start.push_back(static_cast<int64_t>(rows->column.size()));
    }
    d.x = Features(std::shared_ptr<const SparseRows>(std::move(rows)), columns);
  } else {
    d.x = Features(x, columns);
  }
  return d;
}

// Every learner of the register, on every kind of rows and target that it takes.
inline std::vector<FittedModel> fitted_models() {
  std::vector<FittedModel> models;
  const auto add = [&](const std::string& name, auto&& make, Rows rows, int classes) {
    const auto e = make();
    Dataset d = small_data(rows, classes);
    if (!e->needs_target()) d.y.clear(), d.classes.clear();
    e->fit(d);
    models.push_back({str("{} {} {}", name,
                          rows == Rows::dense    ? "dense"
                          : rows == Rows::sparse ? "sparse"
                                                 : "mixed",
                          classes),
                      e->to_state(), d.x});
  };
  const auto ready = [](const std::string& name, std::vector<std::string> more = {}) {
    auto e = make_estimator(name);
    if (name == "forest" || name == "extra-trees") more.push_back("trees=4");
    if (name == "boosting" || name == "adaboost") more.push_back("rounds=4");
    if (name == "k-means") more.insert(more.end(), {"k=3", "starts=1"});
    if (name == "dbscan") more.push_back("eps=2");
    set_params(*e, more);
    return e;
  };
  for (const std::string& name : estimator_names()) {
    if (name == "pipeline" || name == "calibrated") continue;
    const auto probe = make_estimator(name);
    for (Rows rows : {Rows::dense, Rows::sparse, Rows::mixed}) {
      if (rows == Rows::sparse && !probe->takes_sparse()) continue;
      if (rows == Rows::mixed && !(probe->takes_categories() && probe->takes_missing())) continue;
      if (!probe->needs_target())
        add(
            name, [&] { return ready(name); }, rows, 0);
      if (probe->regresses())
        add(
            name, [&] { return ready(name); }, rows, 0);
      if (probe->classifies())
        add(
            name, [&] { return ready(name); }, rows, 3),
            add(
                name, [&] { return ready(name); }, rows, 2);
    }
  }
  for (const char* search : {"brute", "hnsw"})
    add(
        "knn", [&] { return ready("knn", {str("search={}", search)}); }, Rows::dense, 3);
  for (const char* kind : {"multinomial", "bernoulli"})
    add(
        "naive-bayes", [&] { return ready("naive-bayes", {str("kind={}", kind)}); }, Rows::dense, 3);
  for (const char* kind : {"poly", "linear"})
    add(
        "svc", [&] { return ready("svc", {str("kernel={}", kind)}); }, Rows::dense, 3);
  for (const char* method : {"sigmoid", "isotonic"})
    add(
        "calibrated",
        [&] {
          auto e = std::make_unique<Calibrated>(make_estimator(method[0] == 's' ? "tree" : "linear-svc"));
          e->method = method;
          return e;
        },
        Rows::dense, 3);
  add(
      "pipeline",
      [&] {
        std::vector<std::unique_ptr<Estimator>> steps;
        for (const char* name : {"imputer", "scaler", "encoder", "logistic"}) steps.push_back(make_estimator(name));
        return std::make_unique<Pipeline>(std::move(steps));
      },
      Rows::mixed, 3);
  return models;
}

// Loads the state and asks the model everything. True: it answered; false: it was refused with a reason. Anything else is a finding.
inline bool answers(const State& state, const Features& rows) {
  try {
    const auto e = Estimator::from_state(state);
    const auto ask = [](auto&& f) {
      try {
        f();
      } catch (const Error&) {}
    };
    ask([&] {
      const double K = static_cast<double>(e->classes().size());
      for (double y : e->predict(rows)) hold(!e->is_classifier() || (y >= 0 && y < K && y == std::floor(y)), "a class that does not exist");
    });
    ask([&] { e->predict_proba(rows); });
    ask([&] { e->decision(rows); });
    ask([&] { e->transform(rows); });
    ask([&] { e->importances(); });
    ask([&] { e->describe(); });
    ask([&] { Estimator::from_state(e->to_state()); });
    ask([&] { e->clone(); });
    ask([&] {
      std::vector<float> row(static_cast<size_t>(rows.width()));
      std::vector<double> out(std::max<size_t>(1, e->classes().size()));
      rows.read_rows(0, 1, row.data());
      e->predict_row(row, out);
    });
    return true;
  } catch (const Error&) {
    return false;
  }
}

inline Json other_json(const Json& old, Bytes& bytes) {
  const double real[] = {0.0, -1.5, 1e300, -1e300, 5e-324, 0.5};
  const int64_t whole[] = {0, 1, -1, 2, 1000, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, int64_t{1} << 32};
  switch (bytes.next() % 9) {
    case 0: return Json();
    case 1: return Json(bytes.next() % 2 == 0);
    case 2: return Json(whole[bytes.next() % std::size(whole)]);
    case 3: return Json(real[bytes.next() % std::size(real)]);
    case 4: return Json(bytes.next() % 2 ? "" : "tree");
    case 5: return Json::array();
    case 6: return Json::object();
    case 7:
      return old.kind() == Json::Kind::integer ? Json(static_cast<int64_t>(static_cast<uint64_t>(old.as_integer()) + bytes.next() - 128))
                                               : Json("c");
    default: return Json::array({old, old});
  }
}

// One value somewhere in the tree is replaced, dropped or doubled.
inline Json damaged_json(const Json& old, Bytes& bytes) {
  if (old.size() == 0 || bytes.next() % 4 == 0) return other_json(old, bytes);
  const size_t at = bytes.below(old.size());
  const bool drop = bytes.next() % 8 == 0;
  Json out = old.is_array() ? Json::array() : Json::object();
  for (size_t i = 0; i < old.size(); ++i) {
    if (i == at && drop) continue;
    Json item = i == at ? damaged_json(old.items()[i], bytes) : old.items()[i];
    if (old.is_array())
      out.push(std::move(item));
    else
      out.set(old.keys()[i], std::move(item));
  }
  return out;
}

template <class T> void poke(const Tensor& t, Bytes& bytes) {
  T& v = t.data<T>()[bytes.below(static_cast<size_t>(t.numel()))];
  if constexpr (std::is_floating_point_v<T>) {
    const double extreme[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0, -1, 1, 1e18, -0.0, 0.5, 5e-324};
    v = static_cast<T>(extreme[bytes.next() % std::size(extreme)]);
  } else if (bytes.next() % 2) {
    v = static_cast<T>(static_cast<uint64_t>(v) + bytes.next() - 128);
  } else {
    const T extreme[] = {std::numeric_limits<T>::max(),       std::numeric_limits<T>::min(), T(0), T(1), T(-1),
                         T(std::numeric_limits<T>::max() - 1)};
    v = extreme[bytes.next() % std::size(extreme)];
  }
}

inline Tensor damaged_tensor(const Tensor& old, Bytes& bytes) {
  const Tensor t = contiguous(old);
  const Tensor copy = Tensor::empty(t.shape(), t.dtype());
  if (t.numel()) std::memcpy(copy.raw(), t.raw(), static_cast<size_t>(t.numel()) * static_cast<size_t>(size_of(t.dtype())));
  switch (bytes.next() % 8) {
    case 0: return Tensor::zeros({static_cast<int64_t>(bytes.below(300))}, t.dtype());
    case 1: {
      Shape shape = t.shape();
      if (shape.ndim() == 0) return Tensor::zeros({1}, t.dtype());
      shape[static_cast<int>(bytes.below(static_cast<size_t>(shape.ndim())))] = static_cast<int64_t>(bytes.below(300));
      return Tensor::zeros(shape, t.dtype());
    }
    case 2: return Tensor::full(t.shape(), static_cast<double>(bytes.next() % 3), bytes.next() % 2 ? Dtype::f32 : Dtype::i64);
    case 3: return Tensor::view_of(copy.storage(), 0, {1, t.numel()}, {t.numel(), 1}, t.dtype());
    default:
      if (t.numel() == 0) return t;
      switch (t.dtype()) {
        case Dtype::f64: poke<double>(copy, bytes); break;
        case Dtype::f32: poke<float>(copy, bytes); break;
        case Dtype::i64: poke<int64_t>(copy, bytes); break;
        case Dtype::i32: poke<int32_t>(copy, bytes); break;
        case Dtype::u8: poke<uint8_t>(copy, bytes); break;
        default: break;
      }
      return copy;
  }
}

inline State damaged(const State& state, Bytes& bytes) {
  Json values = state.values();
  TensorMap tensors = state.tensors();
  for (int changes = 0; changes < 6 && (changes == 0 || !bytes.empty()); ++changes) {
    const bool a_tensor = bytes.next() % 2 && !tensors.empty();
    if (!a_tensor) {
      values = damaged_json(values, bytes);
      continue;
    }
    auto at = tensors.begin();
    std::advance(at, static_cast<int64_t>(bytes.below(tensors.size())));
    if (bytes.next() % 10 == 0)
      tensors.erase(at);
    else
      at->second = damaged_tensor(at->second, bytes);
  }
  return State(std::move(values), std::move(tensors));
}

// The first byte chooses the model, the rest the damage.
inline bool accepts_model(const std::vector<FittedModel>& models, std::string_view program) {
  Bytes bytes(program);
  const FittedModel& model = models[bytes.next() % models.size()];
  return answers(damaged(model.state, bytes), model.rows);
}

}  // namespace grim::fuzz
