// What a support vector machine shows and keeps, and its parameters.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/svm.h"

namespace grim {
namespace {

Options with(Options own, const Options& shared) {
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

}  // namespace

Options KernelMachine::kernel_params() {
  return {{.name = "kernel",
           .help = "similarity of two rows",
           .target = &kernel_name_,
           .choices = {"linear", "poly", "rbf", "sigmoid", "precomputed", "custom"},
           .basic = true},
          {.name = "gamma",
           .help = "a number, 'scale' = 1 / (columns * variance of all cells), or 'auto' = 1 / columns",
           .target = &gamma_text_,
           .basic = true,
           .with = "kernel=poly|rbf|sigmoid"},
          {.name = "coef0", .help = "a constant in the kernel", .target = &coef0_, .with = "kernel=poly|sigmoid"},
          {.name = "degree", .help = "of the polynomial", .target = &degree_, .low = 1, .high = 60, .with = "kernel=poly"},
          {.name = "tolerance", .help = "largest violation of the optimality conditions to stop at", .target = &tolerance_, .low = 1e-14},
          {.name = "max-iter", .help = "steps at most; 0: 10 million, or 100 times the rows", .target = &most_, .low = 0},
          {.name = "cache", .help = "megabytes for kernel rows", .target = &cache_mb_, .low = 1},
          {.name = "shrinking", .help = "leave rows at their bound out for a while", .target = &shrinking_},
          {.name = "precision",
           .help = "of kernel values; float is enough for scaled columns",
           .target = &precision_,
           .choices = {"float", "double"}}};
}

Options Svc::params() {
  return with({{.name = "C", .help = "weight of errors against the margin", .target = &c_, .low = 1e-300, .basic = true},
               {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true}},
              kernel_params());
}
Options NuSvc::params() {
  return with({{.name = "nu",
                .help = "at most this share of rows on the wrong side of the margin",
                .target = &nu_,
                .low = 1e-6,
                .high = 1,
                .basic = true},
               {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true}},
              kernel_params());
}
Options Svr::params() {
  return with({{.name = "C", .help = "weight of errors against flatness", .target = &c_, .low = 1e-300, .basic = true},
               {.name = "epsilon", .help = "errors up to here cost nothing", .target = &epsilon_, .low = 0, .basic = true}},
              kernel_params());
}
Options NuSvr::params() {
  return with(
      {{.name = "C", .help = "weight of errors against flatness", .target = &c_, .low = 1e-300, .basic = true},
       {.name = "nu", .help = "at most this share of rows outside the tube", .target = &nu_, .low = 1e-6, .high = 1, .basic = true}},
      kernel_params());
}
Options OneClassSvm::params() {
  return with(
      {{.name = "nu", .help = "at most this share of training rows outside", .target = &nu_, .low = 1e-6, .high = 1, .basic = true}},
      kernel_params());
}

double KernelMachine::margin() const {
  GRIM_CHECK(rho_.size() == 1 && is_classifier() && square_ > 0, state, name(), "a margin belongs to two classes");
  return 2 / std::sqrt(square_);
}

std::string KernelMachine::describe() const {
  std::string text = str("  kernel {}", Kernel::kNames[static_cast<size_t>(kernel_.kind)]);
  if (kernel_.kind == Kernel::Kind::rbf || kernel_.kind == Kernel::Kind::poly || kernel_.kind == Kernel::Kind::sigmoid)
    text += str(", gamma {:.6g}", kernel_.gamma);
  text += str("\n  {} support vectors, {} coefficients at their bound\n", rows_.size(), bounded_);
  for (int64_t k = 0; k < class_count(); ++k) text += str("    class {}: {}\n", class_name(k), counts_[static_cast<size_t>(k)]);
  if (rho_.size() == 1 && is_classifier() && square_ > 0) text += str("  margin {:.6g}, rho {:.6g}\n", margin(), rho_[0]);
  if (kernel_.kind != Kernel::Kind::linear || rho_.size() != 1 || vectors_.rows() == 0) return text;
  std::vector<double> w(columns().size(), 0.0), row(columns().size());
  for (int64_t s = 0; s < vectors_.rows(); ++s) {
    vectors_.read_rows(s, s + 1, row.data());
    for (size_t j = 0; j < w.size(); ++j)
      w[j] += (is_classifier() ? -dual_[s] : dual_[s]) * (row[j] - (offset_.empty() ? 0.0 : offset_[j]));
  }
  for (size_t j = 0; j < w.size() && j < 20; ++j) text += str("  {:<24} {:>14.6g}\n", columns()[j].name, w[j]);
  return text;
}

void KernelMachine::write(State& state) const {
  GRIM_CHECK(kernel_.kind != Kernel::Kind::custom, state, name(),
             "a machine with a kernel of the user's own cannot be saved: its code is not in the file");
  state.set("kernel", Json::object({{"kind", static_cast<int64_t>(kernel_.kind)},
                                    {"gamma", kernel_.gamma},
                                    {"coef0", kernel_.coef0},
                                    {"degree", kernel_.degree},
                                    {"bounded", bounded_},
                                    {"square", square_},
                                    {"doubles", doubles_},
                                    {"sparse", vectors_.is_sparse()}}));
  if (!offset_.empty()) state.needs(2), state.set("offset", offset_);
  state.set("rho", rho_);
  state.set("dual", dual_);
  state.set("rows", rows_);
  state.set("counts", counts_);
  if (vectors_.is_sparse()) {
    const SparseRows& s = vectors_.sparse();
    state.set("vectors.start", s.row_start);
    state.set("vectors.column", std::vector<int64_t>(s.column.begin(), s.column.end()));
    state.set("vectors.value", s.value);
  } else {
    state.set("vectors", vectors_.dense());
  }
}

void KernelMachine::read(const State& state) {
  const Json& k = state.value("kernel");
  const int64_t kind = k.integer("kind"), P = static_cast<int64_t>(columns().size());
  GRIM_CHECK(kind >= 0 && kind < static_cast<int64_t>(Kernel::Kind::custom) && k.integer("degree") >= 1, input, "model",
             "kernel {} of degree {}", kind, k.integer("degree"));
  kernel_ = {.kind = static_cast<Kernel::Kind>(kind), .gamma = k.real("gamma"), .coef0 = k.real("coef0"), .degree = k.integer("degree")};
  bounded_ = k.integer("bounded");
  square_ = k.real("square");
  doubles_ = k.boolean("doubles", precision_ == "double");
  if (state.holds("offset")) offset_ = state.numbers("offset", P);
  rho_ = state.numbers("rho");
  rows_ = state.integers("rows");
  counts_ = state.integers("counts");
  const int64_t S = static_cast<int64_t>(rows_.size()), K = static_cast<int64_t>(counts_.size());
  const bool fits =
      class_count() == 0 ? K == 1 && rho_.size() == 1 : K == class_count() && static_cast<int64_t>(rho_.size()) == K * (K - 1) / 2;
  GRIM_CHECK(fits, input, "model", "'counts' and 'rho' do not fit {} classes", class_count());
  int64_t sum = 0;
  for (int64_t c : counts_) {
    GRIM_CHECK(c >= 0 && c <= S, input, "model", "'counts': {} of {} support vectors", c, S);
    sum += c;
  }
  GRIM_CHECK(sum == S, input, "model", "'counts' add up to {}, expected {}", sum, S);
  dual_ = state.numbers("dual", std::max<int64_t>(K - 1, 1) * S);
  for (int64_t r : rows_) GRIM_CHECK(r >= 0 && (kernel_.kind != Kernel::Kind::precomputed || r < P), input, "model", "'rows': row {}", r);
  if (k.boolean("sparse")) {
    auto s = std::make_shared<SparseRows>();
    s->columns = P;
    s->row_start = state.integers("vectors.start");
    const std::vector<int64_t> column = state.integers("vectors.column");
    s->value = state.numbers("vectors.value", static_cast<int64_t>(column.size()));
    GRIM_CHECK(static_cast<int64_t>(s->row_start.size()) == S + 1 && s->row_start.front() == 0 &&
                   s->row_start.back() == static_cast<int64_t>(column.size()) && std::is_sorted(s->row_start.begin(), s->row_start.end()),
               input, "model", "'vectors.start' does not fit {} rows", S);
    for (int64_t c : column) {
      GRIM_CHECK(c >= 0 && c < P, input, "model", "'vectors.column': {} of {}", c, P);
      s->column.push_back(static_cast<int32_t>(c));
    }
    vectors_ = Features(std::shared_ptr<const SparseRows>(std::move(s)), columns());
  } else {
    const Tensor dense = state.tensor("vectors");
    GRIM_CHECK(dense.ndim() == 2 && dense.dim(0) == S && dense.dim(1) == P && (dense.dtype() == Dtype::u8 || is_float(dense.dtype())),
               input, "model", "'vectors': got {} {}, expected ({}, {})", name_of(dense.dtype()), dense.shape(), S, P);
    vectors_ = Features(dense, columns());
  }
  make_engine();
}

}  // namespace grim
