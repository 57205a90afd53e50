#include "grimoire/classic/tree_nodes.h"

#include <algorithm>
#include <functional>

#include "grimoire/device/threads.h"

namespace grim::tree {
namespace {

size_t words_for(uint32_t levels) { return (levels + 63) / 64; }

bool constant_columns(const Features& x) {
  if (x.rows() < 2) return true;
  std::vector<double> column(static_cast<size_t>(x.rows()));
  for (int64_t c = 0; c < x.width(); ++c) {
    x.read_column(c, column.data());
    for (double v : column)
      if (v != column[0] && !(std::isnan(v) && std::isnan(column[0]))) return false;
  }
  return true;
}

}  // namespace

std::string why_no_split(const Dataset& data, double min_samples_leaf, double min_samples_split) {
  const std::string start = "no tree has a split, so every row gets the same answer: ";
  const double weight = data.total_weight();
  const double asked = std::max(2 * min_samples_leaf, min_samples_split);
  const bool leaf = 2 * min_samples_leaf >= min_samples_split;
  if (std::adjacent_find(data.y.begin(), data.y.end(), std::not_equal_to<>()) == data.y.end()) return start + "the target is the same in every row";
  if (constant_columns(data.x)) return start + "every column is constant";
  if (weight < asked)
    return start + str("{} {:g} asks for {:g} rows to split, and there are {:g}{}; set it to {}", leaf ? "min-samples-leaf" : "min-samples-split",
                       leaf ? min_samples_leaf : min_samples_split, asked, weight, data.weight.empty() ? "" : " by weight", leaf ? 1 : 2);
  return start + str("no split lowers the loss within the limits (min-samples-leaf {:g}, the least gain and weight of a leaf)", min_samples_leaf);
}

Trees::Trees(const std::vector<ColumnInfo>& columns, bool in_doubles) : in_doubles_(in_doubles) {
  for (const ColumnInfo& c : columns) {
    levels_.push_back(c.kind == ColumnKind::category ? static_cast<uint32_t>(c.levels.size()) : 0);
    categories_ |= levels_.back() > 0;
  }
}

bool Trees::level_goes_left(const Node& node, int64_t level) const {
  return sets_[node.split + static_cast<size_t>(level) / 64] >> (level % 64) & 1;
}

bool Trees::level_goes_left_or_missing(const Node& node, double x) const {
  if (!(x >= 0 && x < static_cast<double>(levels_[node.column()]))) return node.missing_left();
  return level_goes_left(node, static_cast<int64_t>(x));
}

std::vector<uint32_t> Trees::append(const std::vector<Draft>& drafts) {
  const size_t base = nodes_.size();
  std::vector<uint32_t> order{0};
  roots_.push_back(static_cast<uint32_t>(base));
  for (size_t at = 0; at < order.size(); ++at) {
    const Draft& draft = drafts[order[at]];
    Node node;
    if (draft.leaf()) {
      node = {Node::kMissingLeft, static_cast<uint32_t>(base + at),
              std::bit_cast<uint32_t>(std::numeric_limits<float>::infinity()), draft.value};
    } else {
      node.flags = static_cast<uint32_t>(draft.column) | (draft.missing_left ? Node::kMissingLeft : 0);
      node.split = std::bit_cast<uint32_t>(static_cast<float>(draft.threshold));
      const uint32_t levels = levels_[static_cast<size_t>(draft.column)];
      if (levels > 0) {
        node.flags |= Node::kCategory;
        node.split = static_cast<uint32_t>(sets_.size());
        sets_.insert(sets_.end(), draft.left_levels.begin(), draft.left_levels.end());
        sets_.resize(node.split + words_for(levels));
      }
      node.payload = std::bit_cast<uint32_t>(static_cast<float>(draft.gain));
      node.left = static_cast<uint32_t>(base + order.size());
      order.push_back(draft.left);
      order.push_back(draft.right);
    }
    nodes_.push_back(node);
    if (in_doubles_) thresholds_.push_back(draft.leaf() ? std::numeric_limits<double>::infinity() : draft.threshold);
  }
  GRIM_CHECK(nodes_.size() < Node::kCategory, resource, "trees", "more than {} nodes", Node::kCategory);
  return order;
}

void Trees::join(const Trees& other) {
  const auto base = static_cast<uint32_t>(nodes_.size()), sets = static_cast<uint32_t>(sets_.size());
  GRIM_CHECK(nodes_.size() + other.nodes_.size() < Node::kCategory, resource, "trees", "more than {} nodes", Node::kCategory);
  for (Node node : other.nodes_) {
    node.left += base;
    if (node.category()) node.split += sets;
    nodes_.push_back(node);
  }
  for (uint32_t root : other.roots_) roots_.push_back(root + base);
  sets_.insert(sets_.end(), other.sets_.begin(), other.sets_.end());
  thresholds_.insert(thresholds_.end(), other.thresholds_.begin(), other.thresholds_.end());
}

void Trees::truncate(size_t trees) {
  if (trees >= roots_.size()) return;
  nodes_.resize(roots_[trees]);
  if (in_doubles_) thresholds_.resize(roots_[trees]);
  roots_.resize(trees);
}

uint32_t Trees::leaf_of(size_t tree, const Features& x, int64_t row) const {
  const auto leaf = [&](auto zero) {
    std::vector<decltype(zero)> cells(static_cast<size_t>(x.width()));
    x.read_rows(row, row + 1, cells.data());
    return leaf_of(tree, cells.data());
  };
  return in_doubles_ ? leaf(0.0) : leaf(0.0f);
}

template <class T> std::vector<uint32_t> Trees::path_of(size_t tree, const T* row) const {
  std::vector<uint32_t> path{roots_[tree]};
  while (!is_leaf(path.back())) path.push_back(next<true>(path.back(), row));
  return path;
}

template <bool kCategories, class Start, class Row> void Trees::walk_lanes(Start start, Row row, uint32_t* out) const {
  uint32_t at[kLanes], moved;
  for (int i = 0; i < kLanes; ++i) at[i] = start(i);
  do {
    moved = 0;
    for (int i = 0; i < kLanes; ++i) {
      const uint32_t to = next<kCategories>(at[i], row(i));
      moved |= to ^ at[i];
      at[i] = to;
    }
  } while (moved != 0);
  std::copy_n(at, kLanes, out);
}

template <class T> void Trees::leaves_of_rows(size_t tree, const T* const* rows, uint32_t* out) const {
  const auto start = [&](int) { return roots_[tree]; };
  const auto row = [&](int i) { return rows[i]; };
  categories_ ? walk_lanes<true>(start, row, out) : walk_lanes<false>(start, row, out);
}

void Trees::leaves_of_trees(size_t first_tree, const float* one_row, uint32_t* out) const {
  const auto start = [&](int i) { return roots_[first_tree + static_cast<size_t>(i)]; };
  const auto row = [&](int) { return one_row; };
  categories_ ? walk_lanes<true>(start, row, out) : walk_lanes<false>(start, row, out);
}

// A block of rows stays in the second-level cache while every tree passes over it.
int64_t Trees::rows_a_block(int64_t width) {
  return std::clamp<int64_t>(65536 / std::max<int64_t>(1, width) / kLanes * kLanes, 64, 1024);
}

template <class T>
void Trees::for_blocks(const Features& x, int64_t block, void* context,
                       void (*fn)(void* context, const T* rows, int64_t begin, int64_t end)) {
  const int64_t n = x.rows();
  device::for_chunks((n + block - 1) / block, [&](int64_t chunk) {
    const int64_t begin = chunk * block, end = std::min(n, begin + block);
    std::vector<T> rows(static_cast<size_t>((end - begin) * x.width()));
    x.read_rows(begin, end, rows.data());
    fn(context, rows.data(), begin, end);
  });
}

#define GRIM_ROWS(T)                                                                                          \
  template std::vector<uint32_t> Trees::path_of(size_t, const T*) const;                                      \
  template void Trees::leaves_of_rows(size_t, const T* const*, uint32_t*) const;                              \
  template void Trees::for_blocks(const Features&, int64_t, void*, void (*)(void*, const T*, int64_t, int64_t));
GRIM_ROWS(float)
GRIM_ROWS(double)
#undef GRIM_ROWS

std::vector<double> Trees::gains(int64_t width, bool count_splits) const {
  std::vector<double> sum(static_cast<size_t>(width));
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (!is_leaf(i)) sum[nodes_[i].column()] += count_splits ? 1 : nodes_[i].gain();
  return sum;
}

int Trees::depth(size_t tree) const {
  std::vector<int> depth(end(tree) - roots_[tree]);
  int deepest = 0;
  for (size_t i = roots_[tree]; i < end(tree); ++i) {
    const int here = depth[i - roots_[tree]];
    deepest = std::max(deepest, here);
    if (!is_leaf(i)) depth[nodes_[i].left - roots_[tree]] = depth[nodes_[i].left + 1 - roots_[tree]] = here + 1;
  }
  return deepest;
}

void Trees::write(State& state) const {
  static_assert(sizeof(Node) == 4 * sizeof(int32_t));
  const auto* words = reinterpret_cast<const int32_t*>(nodes_.data());
  state.set("nodes", Tensor::from(std::span<const int32_t>(words, nodes_.size() * 4), {static_cast<int64_t>(nodes_.size()), 4}));
  state.set("roots", Tensor::from(std::vector<int32_t>(roots_.begin(), roots_.end()), {static_cast<int64_t>(roots_.size())}));
  state.set("sets", Tensor::from(std::vector<int64_t>(sets_.begin(), sets_.end()), {static_cast<int64_t>(sets_.size())}));
  if (in_doubles_) state.needs(2), state.set("thresholds", thresholds_);
}

// Children lie behind their parent and inside their own tree, so a walk always moves on and ends in a leaf.
void Trees::read(const State& state, const std::vector<ColumnInfo>& columns, int64_t values) {
  *this = Trees(columns, state.holds("thresholds"));
  const Tensor nodes = state.tensor("nodes", Dtype::i32, 2);
  GRIM_CHECK(nodes.dim(1) == 4 && nodes.dim(0) > 0, input, "trees", "a node has {} words, expected 4", nodes.dim(1));
  GRIM_CHECK(nodes.dim(0) < Node::kCategory, input, "trees", "got {} nodes, expected fewer than {}", nodes.dim(0), Node::kCategory);
  const std::vector<int32_t> words = nodes.to_vector<int32_t>(), roots = state.tensor("roots", Dtype::i32, 1).to_vector<int32_t>();
  const std::vector<int64_t> sets = state.tensor("sets", Dtype::i64, 1).to_vector<int64_t>();
  nodes_.resize(words.size() / 4);
  std::copy(words.begin(), words.end(), reinterpret_cast<int32_t*>(nodes_.data()));
  roots_.assign(roots.begin(), roots.end());
  sets_.assign(sets.begin(), sets.end());
  if (in_doubles_) thresholds_ = state.numbers("thresholds", nodes.dim(0));
  GRIM_CHECK(!roots_.empty() && roots_[0] == 0, input, "trees", "the first tree does not begin at node 0");
  for (size_t t = 0; t < count(); ++t)
    GRIM_CHECK(roots_[t] < end(t) && end(t) <= nodes_.size(), input, "trees", "tree {} begins at node {}, outside the file's {} nodes", t,
               roots_[t], nodes_.size());
  for (size_t t = 0; t < count(); ++t)
    for (size_t i = roots_[t]; i < end(t); ++i) {
      const Node& n = nodes_[i];
      GRIM_CHECK(n.column() < columns.size(), input, "trees", "node {} asks column {} of {}", i, n.column(), columns.size());
      if (n.left == i) {
        GRIM_CHECK(n.flags == Node::kMissingLeft && n.threshold() == std::numeric_limits<float>::infinity() &&
                       threshold(i) == std::numeric_limits<double>::infinity(),
                   input, "trees", "leaf {} is malformed", i);
        GRIM_CHECK(n.payload < values, input, "trees", "leaf {} has value {} of {}", i, n.payload, values);
        continue;
      }
      GRIM_CHECK(n.left > i && n.left + size_t{1} < end(t), input, "trees", "node {} has child {}, outside its tree", i, n.left);
      GRIM_CHECK(n.category() == (levels_[n.column()] > 0), input, "trees", "node {} splits column {} as another kind", i, n.column());
      if (n.category())
        GRIM_CHECK(n.split + words_for(levels_[n.column()]) <= sets_.size(), input, "trees", "node {} has a level set outside the file", i);
    }
}

}  // namespace grim::tree
