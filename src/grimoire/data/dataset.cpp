#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/data/features.h"
#include "grimoire/data/idx.h"
#include "grimoire/data/libsvm.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/npy.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr size_t kMostClassesOfNumbers = 20;

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

bool wants_classes(const std::vector<double>& values, size_t different, const DatasetOptions& o) {
  const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
  const bool few = different <= kMostClassesOfNumbers && different * 2 <= values.size();
  return !o.classes.empty() || o.as == Target::classes || (o.as == Target::automatic && whole && few);
}

// The target from numbers, as classes when asked for or when they look like it.
void target_from_numbers(const std::vector<double>& values, const DatasetOptions& o, const std::string& source, const std::string& column,
                         Dataset& d) {
  need_every_target(values, source, column);
  std::vector<double> different = values;
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (!wants_classes(values, different.size(), o)) {
    d.y = values;
    return;
  }
  std::vector<std::string> names, known = o.classes;
  for (double v : values) names.push_back(number_name(v));
  if (known.empty())
    for (double v : different) known.push_back(number_name(v));
  number_by(known, names, source, column, d);
}

// The target from whole numbers of which some are beyond 2^53: classes are what is written; numbers must not fall together.
void target_from_digits(const Column& c, const DatasetOptions& o, const std::string& source, Dataset& d) {
  need_every_target(c.values, source, c.name);
  const auto less = [](const std::pair<double, std::string>& a, const std::pair<double, std::string>& b) {  // as numbers
    if (a.first != b.first) return a.first < b.first;
    const auto longer = [](const std::string& s) { return std::pair(s.size(), s); };
    return a.first < 0 ? longer(b.second) < longer(a.second) : longer(a.second) < longer(b.second);
  };
  std::set<std::pair<double, std::string>, decltype(less)> different(less);
  std::set<double> numbers;
  std::vector<std::string> names;
  for (size_t r = 0; r < c.values.size(); ++r) {
    names.push_back(c.name_at(r));
    different.emplace(c.values[r], names.back());
    numbers.insert(c.values[r]);
  }
  if (wants_classes(c.values, different.size(), o)) {
    std::vector<std::string> known = o.classes;
    if (known.empty())
      for (const auto& [value, name] : different) known.push_back(name);
    return number_by(known, names, source, c.name, d);
  }
  if (numbers.size() < different.size())
    throw Error(ErrorKind::input,
                str("{}: column '{}' holds {} different whole numbers beyond 2^53, of which {} would be left as a number to predict", source,
                    c.name, different.size(), numbers.size()),
                "subtract a common offset, or take them as names (" GRIM_SETTING("as=classes") ")");
  d.y = c.values;
}

void target_from_column(const Column& c, const DatasetOptions& o, const std::string& source, Dataset& d) {
  d.target = c.name;
  if (c.kind == ColumnKind::number && !c.written.empty()) return target_from_digits(c, o, source, d);
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

// "x7", as columns without a name are called.
bool is_number_of_column(const std::string& name) { return name.size() > 1 && name[0] == 'x' && is_whole(name.substr(1)) && name[1] != '-'; }

void note_unused(const Table& table, const std::vector<const Column*>& used, const std::vector<std::string>& without, std::vector<std::string>& notes) {
  std::string unused;
  for (const Column& c : table.columns)
    if (std::ranges::find(used, &c) == used.end() && std::ranges::find(without, c.name) == without.end())
      unused += (unused.empty() ? "'" : ", '") + c.name + "'";
  if (!unused.empty()) notes.push_back(str("not used, as the model was not fitted on them: {}", unused));
}

// The table's columns that a model was fitted on, in the model's order: by name, or by their place where the file names none.
std::vector<const Column*> known_columns(const Table& table, const std::vector<ColumnInfo>& known, const std::vector<std::string>& without,
                                         std::vector<std::string>& notes) {
  std::vector<const Column*> found;
  for (const ColumnInfo& k : known)
    if (const Column* c = table.find(k.name)) found.push_back(c);
  if (found.size() == known.size()) {
    note_unused(table, found, without, notes);
    return found;
  }
  std::vector<const Column*> rest;
  for (const Column& c : table.columns)
    if (std::find(without.begin(), without.end(), c.name) == without.end()) rest.push_back(&c);
  const bool model_has_no_names = std::all_of(known.begin(), known.end(), [](const ColumnInfo& k) { return is_number_of_column(k.name); });
  if (rest.size() == known.size() && (table.layout.header == "no" || model_has_no_names)) {
    notes.push_back(str("{} names no columns: {} were taken in the order of the model's, {} to {}",
                        table.layout.header == "no" ? table.source : "the model", rest.size(), known.front().name, known.back().name));
    return rest;
  }
  for (const ColumnInfo& k : known)
    if (!table.find(k.name)) {
      std::vector<std::string> names;
      for (const Column& c : table.columns) names.push_back(c.name);
      throw Error(ErrorKind::input, str("{}: no column '{}', which the model was fitted on", table.source, k.name),
                  did_you_mean(k.name, names, table.layout.header == "no" ? kTakenForData : kTakenForNames));
    }
  return found;
}

// Codes of a category by the model's levels; texts it never saw get levels behind them, which are added to `info`.
void match_levels(const Column& c, ColumnInfo& info, int64_t stride, double* out, std::vector<std::string>& notes) {
  std::map<std::string, double> level;
  const size_t known = info.levels.size();
  for (size_t k = 0; k < known; ++k) level[info.levels[k]] = static_cast<double>(k);
  size_t unseen = 0, first = 0;
  for (size_t r = 0; r < c.values.size(); ++r) {
    double& code = out[static_cast<int64_t>(r) * stride];
    code = NAN;
    if (std::isnan(c.values[r])) continue;
    const std::string name = c.name_at(r);
    const auto [at, fresh] = level.try_emplace(name, static_cast<double>(info.levels.size()));
    if (fresh) info.levels.push_back(name);
    code = at->second;
    if (code >= static_cast<double>(known) && unseen++ == 0) first = r;
  }
  if (unseen > 0)
    notes.push_back(str("column '{}': {} {} a text that was not there when the model was fitted ('{}' in row {}): trees let it go where missing "
                        "cells go, its one-hot columns are all 0, an ordinal code is refused",
                        info.name, unseen, unseen == 1 ? "row holds" : "rows hold", info.levels[known], first + 1));
}

Features matched(const Table& table, const std::vector<ColumnInfo>& known, const std::vector<std::string>& without,
                 std::vector<std::string>& notes) {
  const std::vector<const Column*> found = known_columns(table, known, without, notes);
  const int64_t N = table.rows(), P = static_cast<int64_t>(known.size());
  const Tensor dense = Tensor::empty({N, P}, Dtype::f64);
  std::vector<ColumnInfo> infos = known;
  for (int64_t p = 0; p < P; ++p) {
    const Column& c = *found[p];
    double* out = dense.data<double>() + p;
    if (known[p].kind == ColumnKind::category) {
      match_levels(c, infos[p], P, out, notes);
      continue;
    }
    if (c.kind == ColumnKind::category)
      refuse_text(c, table.source, "and the model was fitted on numbers there",
                  table.layout.header == "no" ? "if the first row names the columns, say so: " GRIM_SETTING("header=yes") : "");
    for (int64_t r = 0; r < N; ++r) out[r * P] = c.values[r];
  }
  return Features(dense, std::move(infos));
}

void refuse_columns(const char* format, const std::string& path, const DatasetOptions& o) {
  GRIM_CHECK(o.weight.empty() && o.drop.empty() && o.csv.categories.empty(), input, format,
             "{}: the columns of this kind of file have no names: none can be a weight or a category, or be left out", path);
}

void note_unused_target(Dataset& d, const DatasetOptions& o) {
  if (!o.target.empty() && !o.target_if_there) d.notes.push_back(str("the file's own labels are the target: '{}' was not looked for", o.target));
}

bool beyond_2_to_53(double v) { return std::abs(v) >= 0x1p53; }

// Column c of a matrix; whole numbers that doubles may not hold are kept as written.
Column column_of(const Tensor& matrix, int64_t c, int64_t width, const std::string& name, std::vector<std::string>& notes) {
  Column column{.name = name, .values = {}, .levels = {}};
  const Tensor t = contiguous(matrix), wide = cast(t, Dtype::f64);
  const int64_t N = t.dim(0);
  for (int64_t r = 0; r < N; ++r) column.values.push_back(wide.data<double>()[r * width + c]);
  if (t.dtype() != Dtype::i64 || std::none_of(column.values.begin(), column.values.end(), beyond_2_to_53)) return column;
  bool rounded = false;
  for (int64_t r = 0; r < N; ++r) {
    const int64_t v = t.data<int64_t>()[r * width + c];
    column.written.push_back(str("{}", v));
    rounded |= str("{:.0f}", column.values[static_cast<size_t>(r)]) != column.written.back();
  }
  if (rounded)
    notes.push_back(str("column '{}' holds whole numbers beyond 2^53 that no number here holds exactly: every digit counts as a class, as a "
                        "number it is rounded",
                        name));
  return column;
}

Dataset from_libsvm(std::string_view text, const std::string& path, const DatasetOptions& o) {
  refuse_columns("libsvm", path, o);
  const LibsvmFile file = parse_libsvm(text, path, static_cast<int64_t>(o.columns.size()), o.index_base);
  Dataset d{.x = Features(file.rows, o.columns), .y = {}, .weight = {}, .classes = {}};
  d.layout = {.format = "libsvm", .index_base = file.zero_based ? 0 : 1};
  if (o.index_base < 0)
    d.notes.push_back(str("indices are taken to begin at {}, as {} is 0 (" GRIM_SETTING("index-base") ")", d.layout.index_base,
                          file.zero_based ? "one" : "none"));
  if (file.with_query > 0)
    d.notes.push_back(str("the query ids (qid) of {} rows are not used: no learner here ranks within queries", file.with_query));
  note_unused_target(d, o);
  Column label{.name = "label", .values = {}, .levels = {}};
  for (const std::string& text : file.labels) to_number(text, label.values.emplace_back(0));
  if (std::any_of(label.values.begin(), label.values.end(), beyond_2_to_53)) label.written = file.labels;
  target_from_column(label, o, path, d);
  d.target = "";
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
  refuse_columns("idx", path, o);
  const Tensor t = parse_idx(bytes, path);
  const int64_t N = t.dim(0);
  const Tensor rows =
      Tensor::view_of(t.storage(), 0, {N, N ? t.numel() / N : 0}, contiguous_strides({N, N ? t.numel() / N : 0}), t.dtype());
  Dataset d{.x = Features(rows, o.columns), .y = {}, .weight = {}, .classes = {}};
  d.layout = {.format = "idx"};
  note_unused_target(d, o);
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
  if (o.target.empty() && o.weight.empty() && o.drop.empty() && t.dtype() != Dtype::i64)
    return {.x = Features(t, o.columns), .y = {}, .weight = {}, .classes = {}, .layout = {.format = "npy"}};
  Table table{.source = path, .columns = {}, .layout = {.format = "npy", .header = "no"}};
  const int64_t P = t.ndim() == 2 ? t.dim(1) : 1;
  for (int64_t c = 0; c < P; ++c) table.columns.push_back(column_of(t, c, P, str("x{}", c), table.notes));
  return dataset_of(table, o);
}

Dataset from_npz(const std::string& bytes, const std::string& path, const DatasetOptions& o) {
  const auto arrays = parse_npz(bytes, path);
  const auto x = arrays.find("x"), X = arrays.find("X"), y = arrays.find("y");
  const auto found = x != arrays.end() ? x : X;
  GRIM_CHECK(found != arrays.end(), input, "npz", "{}: no array 'x' or 'X' in it", path);
  refuse_columns("npz", path, o);
  Dataset d{.x = Features(found->second, o.columns), .y = {}, .weight = {}, .classes = {}};
  d.layout = {.format = "npz"};
  note_unused_target(d, o);
  if (y != arrays.end()) {
    GRIM_CHECK(y->second.ndim() == 1 && y->second.dim(0) == d.rows(), input, "npz", "{}: 'y' has shape {}, expected ({})", path,
               y->second.shape(), d.rows());
    target_from_column(column_of(y->second, 0, 1, "y", d.notes), o, path, d);
    d.target = "";
  }
  return d;
}

// A column that is needed cannot be left out too.
void refuse_dropped(const Table& table, const std::vector<std::string>& dropped, const DatasetOptions& o) {
  if (dropped.empty()) return;
  std::map<std::string, const char*> needed;
  for (const ColumnInfo& c : o.columns) needed.emplace(c.name, "the model was fitted on it");
  if (o.columns.empty())
    for (const std::string& name : o.csv.categories) needed.emplace(table.column(name).name, "it is to be a category");
  if (!o.target.empty() && !o.target_if_there) needed[table.column(o.target).name] = "it is the target";
  if (!o.weight.empty()) needed[table.column(o.weight).name] = "it holds the weights";
  for (const std::string& name : dropped)
    if (const auto found = needed.find(name); found != needed.end())
      throw Error(ErrorKind::usage, str(GRIM_SETTING("drop={}") ": {}", name, found->second), "leave one of them out");
}

}  // namespace

Dataset dataset_of(const Table& table, const DatasetOptions& o) {
  Dataset d;
  d.layout = table.layout;
  d.notes = table.all_notes();
  std::vector<std::string> without;
  for (const std::string& name : o.drop) without.push_back(table.column(name).name);
  refuse_dropped(table, without, o);
  // A table without names that is as wide as the model's columns holds these, and no target.
  const bool bare = o.target_if_there && table.layout.header == "no" && table.columns.size() == o.columns.size();
  if (!o.target.empty() && !bare && (!o.target_if_there || table.find(o.target))) {
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
  d.x = o.columns.empty() ? Features::from(table, without) : matched(table, o.columns, without, d.notes);
  GRIM_CHECK(d.x.width() > 0, input, "dataset", "{}: no columns are left beside the target", table.source);
  return d;
}

Dataset load_dataset(const std::string& path, const DatasetOptions& o) {
  const std::string bytes = gunzip(read_file(path), path);
  GRIM_CHECK(!bytes.empty(), input, "dataset", "{}: the file is empty", path);
  if (bytes.starts_with("\x93NUMPY")) return from_matrix(parse_npy(bytes, path), path, o);
  if (bytes.starts_with("PK\x03\x04")) return from_npz(bytes, path, o);
  if (looks_like_idx(bytes)) return from_idx(bytes, path, o);
  if (looks_like_libsvm(bytes, o.likely_format == "libsvm")) return from_libsvm(bytes, path, o);
  CsvOptions csv = o.csv;
  for (const std::string& name : {o.target, o.weight})
    if (!name.empty()) csv.names.push_back(name);
  csv.names.insert(csv.names.end(), o.drop.begin(), o.drop.end());
  for (const ColumnInfo& c : o.columns) csv.names.push_back(c.name);
  return dataset_of(parse_csv(bytes, path, csv), o);
}

}  // namespace grim
