// Features: the N rows by P columns a learner sees. Dense rows keep the type they came in (u8 images, f32, f64) and are not copied;
// sparse rows stay sparse. Learners ask for blocks of rows or for single columns in the type they compute in.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/table.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// Compressed sparse rows: the entries of row i are [row_start[i], row_start[i + 1]), columns rising.
struct SparseRows {
  int64_t columns = 0;
  std::vector<int64_t> row_start{0};
  std::vector<int32_t> column;
  std::vector<double> value;

  int64_t rows() const { return static_cast<int64_t>(row_start.size()) - 1; }
  std::span<const int32_t> columns_of(int64_t row) const {
    return {column.data() + row_start[row], static_cast<size_t>(row_start[row + 1] - row_start[row])};
  }
  std::span<const double> values_of(int64_t row) const {
    return {value.data() + row_start[row], static_cast<size_t>(row_start[row + 1] - row_start[row])};
  }
};

struct ColumnInfo {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::vector<std::string> levels = {};  // of a category; a row holds the level's place, or one behind the last: of an unseen level
};

class Features {
 public:
  Features() = default;  // 0 by 0
  // (N, P), u8, f32 or f64, dense rows; columns are called x0, x1, ... when no names are given. throws: shape, dtype
  explicit Features(const Tensor& dense, std::vector<ColumnInfo> columns = {});
  explicit Features(std::shared_ptr<const SparseRows> sparse, std::vector<ColumnInfo> columns = {});
  // The columns of a table but those left out, as f64.
  static Features from(const Table& table, const std::vector<std::string>& without = {});

  int64_t rows() const { return rows_; }
  int64_t width() const { return static_cast<int64_t>(columns_->size()); }
  bool is_sparse() const { return sparse_ != nullptr; }
  const std::vector<ColumnInfo>& columns() const { return *columns_; }
  const Tensor& dense() const { return dense_; }         // undefined when sparse
  const SparseRows& sparse() const { return *sparse_; }  // only when is_sparse()
  bool has_missing() const;                              // a NaN anywhere
  bool has_categories() const;

  // Rows [begin, end) as numbers, row after row at `stride` numbers (0: width()). Sparse rows are spread out, so ask for blocks.
  template <class T> void read_rows(int64_t begin, int64_t end, T* out, int64_t stride = 0) const;
  // One column of all rows. Slow when sparse: use columns_of() of the transposed rows instead.
  template <class T> void read_column(int64_t column, T* out) const;
  double at(int64_t row, int64_t column) const;

  Features pick_rows(std::span<const int64_t> rows) const;  // a copy of these rows, repeats allowed
  Features pick_columns(std::span<const int64_t> columns) const;
  Tensor to_tensor(Dtype dtype) const;  // (N, P), dense; the same numbers when the type agrees already

  // What people call the row, from 1: its number in the table that it was picked from, through folds and samples of folds.
  int64_t row_number(int64_t row) const { return numbers_ ? (*numbers_)[static_cast<size_t>(row)] : row + 1; }
  Features& number_as(const Features& origin);  // rows made one by one from those of `origin` are called as those are

 private:
  int64_t rows_ = 0;
  Tensor dense_;
  std::shared_ptr<const SparseRows> sparse_;
  std::shared_ptr<const std::vector<int64_t>> numbers_;  // null: 1, 2, ...
  std::shared_ptr<const std::vector<ColumnInfo>> columns_ = std::make_shared<std::vector<ColumnInfo>>();
};

SparseRows transposed(const SparseRows& x);  // columns as rows: CSC

// What a learner is fitted on.
struct Dataset {
  Features x;
  std::vector<double> y;             // class number 0 .. K-1, or the target; empty when there is none
  std::vector<double> weight;        // of the rows, >= 0; empty: all 1. A weight of 2 means the row stands twice
  std::vector<std::string> classes;  // names; not empty exactly when y holds classes
  std::string target = {};              // the column's name, where it has one
  Layout layout = {};                   // how the file was read
  std::vector<std::string> notes = {};  // what a careful user wants to know of the reading

  int64_t rows() const { return x.rows(); }
  int64_t class_count() const { return static_cast<int64_t>(classes.size()); }
  bool classifies() const { return !classes.empty(); }
  double weight_of(int64_t row) const { return weight.empty() ? 1.0 : weight[static_cast<size_t>(row)]; }
  double total_weight() const;                // of all rows
  std::vector<double> class_totals() const;   // (K): the weight of each class's rows
  std::vector<int64_t> class_counts() const;  // (K): how many rows each class has, whatever they weigh
  Dataset pick(std::span<const int64_t> rows) const;
};

enum class Target : uint8_t {
  automatic,  // categories, and whole numbers with at most 20 different values, are classes
  classes,
  number,
  number_if_it_is,  // a number; text is classes all the same
};

// A CSV table with `target` as y; or a LIBSVM file (by its content), whose labels are the target; or an IDX image file with its
// labels beside it (…-images-idx3-ubyte -> …-labels-idx1-ubyte); or an .npy matrix. `target` empty: no y. Classes are numbered in
// sorted order (numbers by value). `weight`: a column of row weights. throws: input, naming file, row and column
struct DatasetOptions {
  std::string target;
  std::string weight;
  Target as = Target::automatic;
  std::vector<std::string> classes = {};  // known names (of a fitted model): others are refused, and numbers follow these
  // Known columns (of a fitted model), found by name; of a table without header that has exactly as many, by their order. Others are
  // dropped. Categories go by level: a text that the model never saw is a further level behind its own, and a note counts such rows.
  std::vector<ColumnInfo> columns = {};
  CsvOptions csv = {};
  std::vector<std::string> drop = {};  // columns to leave out
  bool target_if_there = false;        // no y where the table lacks the target
  int index_base = -1;                 // of LIBSVM: 0 or 1; -1: 0 when an index is 0
  std::string likely_format = {};      // as Layout says of the file a model was fitted on; decides where the content does not
};
Dataset load_dataset(const std::string& path, const DatasetOptions& options = {});
Dataset dataset_of(const Table& table, const DatasetOptions& options = {});

}  // namespace grim
