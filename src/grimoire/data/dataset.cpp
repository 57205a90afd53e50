#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/data/features.h"
#include "grimoire/data/idx.h"
#include "grimoire/data/libsvm.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/npy.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr size_t kMostClassesOfNumbers = 20;

std::string number_name(double v) { return v == std::floor(v) && std::abs(v) < 1e15 ? str("{}", static_cast<int64_t>(v)) : str("{}", v); }

std::string place(const std::string& source, const std::string& column, size_t row) {
  return str("{}: row {}, column '{}'", source, row + 1, column);
}

void need_every_target(const std::vector<double>& y, const std::string& source, const std::string& column) {
  for (size_t r = 0; r < y.size(); ++r)
    if (std::isnan(y[r]))
      throw Error(ErrorKind::input, str("{}: the target is missing", place(source, column, r)), "leave the row out, or fill it in");
}

// Class numbers in the order of `known`, or refuses.
void number_by(const std::vector<std::string>& known, const std::vector<std::string>& names, const std::string& source,
               const std::string& column, Dataset& d) {
  std::map<std::string, double> number;
  for (size_t k = 0; k < known.size(); ++k) number[known[k]] = static_cast<double>(k);
  d.classes = known;
  for (size_t r = 0; r < names.size(); ++r) {
    const auto found = number.find(names[r]);
    if (found == number.end())
      throw Error(ErrorKind::input, str("{}: class '{}' was not there when the model was fitted", place(source, column, r), names[r]));
    d.y.push_back(found->second);
  }
}

// The target from numbers, as classes when asked for or when they look like it.
void target_from_numbers(const std::vector<double>& values, const DatasetOptions& o, const std::string& source, const std::string& column,
                         Dataset& d) {
  need_every_target(values, source, column);
  std::vector<double> different = values;
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  const bool whole = std::all_of(different.begin(), different.end(), [](double v) { return v == std::floor(v); });
  const bool few = different.size() <= kMostClassesOfNumbers && different.size() * 2 <= values.size();
  if (!o.classes.empty() || o.as == Target::classes || (o.as == Target::automatic && whole && few)) {
    std::vector<std::string> names, known = o.classes;
    for (double v : values) names.push_back(number_name(v));
    if (known.empty())
      for (double v : different) known.push_back(number_name(v));
    number_by(known, names, source, column, d);
  } else {
    d.y = values;
  }
}

void target_from_column(const Column& c, const DatasetOptions& o, const std::string& source, Dataset& d) {
  if (c.kind == ColumnKind::number) return target_from_numbers(c.values, o, source, c.name, d);
  if (o.as == Target::number)
    throw Error(ErrorKind::input,
                str("{}: column '{}' holds text ('{}'), and the target is to be a number", source, c.name,
                    c.levels.empty() ? "" : c.levels.front()),
                "take a learner that tells classes apart, or another target");
  need_every_target(c.values, source, c.name);
  std::vector<std::string> names;
  for (double v : c.values) names.push_back(c.levels[static_cast<size_t>(v)]);
  number_by(o.classes.empty() ? c.levels : o.classes, names, source, c.name, d);
}

// The columns a model was fitted on, found by name; its categories by level. A level it never saw counts as missing.
Features matched(const Table& table, const std::vector<ColumnInfo>& known) {
  const int64_t N = table.rows(), P = static_cast<int64_t>(known.size());
  const Tensor dense = Tensor::empty({N, P}, Dtype::f64);
  for (int64_t p = 0; p < P; ++p) {
    const Column& c = table.column(known[p].name);
    double* out = dense.data<double>() + p;
    if (known[p].kind == ColumnKind::number) {
      if (c.kind == ColumnKind::category)
        throw Error(ErrorKind::input, str("{}: column '{}' holds text ('{}'), and the model was fitted on numbers there", table.source,
                                          c.name, c.levels.empty() ? "" : c.levels.front()));
      for (int64_t r = 0; r < N; ++r) out[r * P] = c.values[r];
      continue;
    }
    std::map<std::string, double> level;
    for (size_t k = 0; k < known[p].levels.size(); ++k) level[known[p].levels[k]] = static_cast<double>(k);
    for (int64_t r = 0; r < N; ++r) {
      const double v = c.values[r];
      const auto found =
          std::isnan(v) ? level.end() : level.find(c.kind == ColumnKind::category ? c.levels[static_cast<size_t>(v)] : number_name(v));
      out[r * P] = found == level.end() ? NAN : found->second;
    }
  }
  return Features(dense, known);
}

Dataset from_libsvm(std::string_view text, const std::string& path, const DatasetOptions& o) {
  const LibsvmFile file = parse_libsvm(text, path, static_cast<int64_t>(o.columns.size()));
  Dataset d{.x = Features(file.rows, o.columns), .y = {}, .weight = {}, .classes = {}};
  std::vector<double> values;
  for (const std::string& label : file.labels) {
    const std::string_view digits = label.front() == '+' ? std::string_view(label).substr(1) : std::string_view(label);
    std::from_chars(digits.data(), digits.data() + digits.size(), values.emplace_back(0));
  }
  target_from_numbers(values, o, path, "label", d);
  return d;
}

std::string labels_beside(const std::string& path) {
  std::string labels = path;
  const size_t images = labels.rfind("images-idx3");
  if (images == std::string::npos) return "";
  labels.replace(images, 11, "labels-idx1");
  return exists(labels) ? labels : "";
}

Dataset from_idx(std::string_view bytes, const std::string& path, const DatasetOptions& o) {
  const Tensor t = parse_idx(bytes, path);
  const int64_t N = t.dim(0);
  const Tensor rows =
      Tensor::view_of(t.storage(), 0, {N, N ? t.numel() / N : 0}, contiguous_strides({N, N ? t.numel() / N : 0}), t.dtype());
  Dataset d{.x = Features(rows, o.columns), .y = {}, .weight = {}, .classes = {}};
  const std::string labels = labels_beside(path);
  if (labels.empty()) return d;
  const std::vector<double> y = read_idx(labels).to_vector<double>();
  GRIM_CHECK(static_cast<int64_t>(y.size()) == N, input, "idx", "{}: {} labels for the {} images of {}", labels, y.size(), N, path);
  DatasetOptions as_classes = o;
  if (o.as == Target::automatic) as_classes.as = Target::classes;
  target_from_numbers(y, as_classes, labels, "label", d);
  return d;
}

Dataset from_matrix(const Tensor& t, const std::string& path, const DatasetOptions& o) {
  GRIM_CHECK(t.ndim() == 2 || t.ndim() == 1, input, "npy", "{}: got an array of shape {}, expected (rows, columns)", path, t.shape());
  if (o.target.empty()) return {.x = Features(t, o.columns), .y = {}, .weight = {}, .classes = {}};
  Table table{.source = path, .columns = {}};
  const Tensor wide = cast(t, Dtype::f64);
  const int64_t N = t.dim(0), P = t.ndim() == 2 ? t.dim(1) : 1;
  for (int64_t c = 0; c < P; ++c) {
    Column& column = table.columns.emplace_back();
    column.name = str("x{}", c);
    for (int64_t r = 0; r < N; ++r) column.values.push_back(wide.data<double>()[r * P + c]);
  }
  return dataset_of(table, o);
}

Dataset from_npz(const std::string& bytes, const std::string& path, const DatasetOptions& o) {
  const auto arrays = parse_npz(bytes, path);
  const auto x = arrays.find("x"), X = arrays.find("X"), y = arrays.find("y");
  const auto found = x != arrays.end() ? x : X;
  GRIM_CHECK(found != arrays.end(), input, "npz", "{}: no array 'x' or 'X' in it", path);
  Dataset d{.x = Features(found->second, o.columns), .y = {}, .weight = {}, .classes = {}};
  if (y != arrays.end()) {
    GRIM_CHECK(y->second.ndim() == 1 && y->second.dim(0) == d.rows(), input, "npz", "{}: 'y' has shape {}, expected ({})", path,
               y->second.shape(), d.rows());
    target_from_numbers(y->second.to_vector<double>(), o, path, "y", d);
  }
  return d;
}

}  // namespace

Dataset dataset_of(const Table& table, const DatasetOptions& o) {
  Dataset d;
  std::vector<std::string> without;
  for (const std::string& name : o.drop) without.push_back(table.column(name).name);
  if (!o.target.empty()) {
    const Column& target = table.column(o.target);
    target_from_column(target, o, table.source, d);
    without.push_back(target.name);
  }
  if (!o.weight.empty()) {
    const Column& weight = table.column(o.weight);
    for (size_t r = 0; r < weight.values.size(); ++r)
      GRIM_CHECK(weight.kind == ColumnKind::number && weight.values[r] >= 0, input, "weights", "{}: expected a number from 0",
                 place(table.source, weight.name, r));
    d.weight = weight.values;
    without.push_back(weight.name);
  }
  d.x = o.columns.empty() ? Features::from(table, without) : matched(table, o.columns);
  GRIM_CHECK(d.x.width() > 0, input, "dataset", "{}: no columns are left beside the target", table.source);
  return d;
}

Dataset load_dataset(const std::string& path, const DatasetOptions& o) {
  const std::string bytes = gunzip(read_file(path), path);
  GRIM_CHECK(!bytes.empty(), input, "dataset", "{}: the file is empty", path);
  if (bytes.starts_with("\x93NUMPY")) return from_matrix(parse_npy(bytes, path), path, o);
  if (bytes.starts_with("PK\x03\x04")) return from_npz(bytes, path, o);
  if (looks_like_idx(bytes)) return from_idx(bytes, path, o);
  if (looks_like_libsvm(bytes)) return from_libsvm(bytes, path, o);
  return dataset_of(parse_csv(bytes, path, o.csv), o);
}

}  // namespace grim
