// Linear algebra: the three ideas that learning leans on most.
#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/stats/pca.h"

namespace grim::learn {
namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix small_matrix(const Inputs& in, std::string_view name, size_t most) {
  Matrix a = in.matrix(name);
  if (a.size() > most || a[0].size() > most) in.refuse(name, str("at most {} rows and columns", most));
  for (const auto& row : a)
    for (double v : row)
      if (std::abs(v) > 1e9) in.refuse(name, "numbers from -1e9 to 1e9");
  return a;
}

std::string listed(const std::vector<double>& x) {
  std::string text;
  for (double v : x) text += str("{}{:.6g}", text.empty() ? "(" : ", ", v);
  return text + ")";
}

// Rounded away where it is nothing but rounding.
double clean(double v) { return std::abs(v - std::round(v)) < 1e-12 ? std::round(v) + 0.0 : v; }

struct Pair {
  double value;
  std::vector<double> vector;  // its first large entry is 1
};
std::vector<Pair> real_eigenpairs(const Matrix& a) {
  const stats::GeneralEigen e = stats::eigen_general(matrix_of(a));
  std::vector<Pair> pairs;
  for (int64_t j = 0; j < e.re.numel(); ++j) {
    if (std::abs(e.im.at({j})) > 1e-12 * (1 + std::abs(e.re.at({j})))) continue;
    Pair p{clean(e.re.at({j})), {}};
    double lead = 0;
    for (int64_t i = 0; i < e.re.numel(); ++i) {
      p.vector.push_back(e.vectors_re.at({i, j}));
      if (lead == 0 && std::abs(p.vector.back()) > 1e-6) lead = p.vector.back();
    }
    for (double& v : p.vector) v = clean(v / lead);
    pairs.push_back(std::move(p));
  }
  std::ranges::stable_sort(pairs, [](const Pair& x, const Pair& y) { return x.value > y.value; });
  return pairs;
}

const Concept kConcepts[] = {
    {.id = "eigenvector",
     .title = "Eigenvector",
     .names = "eigenvalue\neigen",
     .what = "A direction that a matrix only stretches and does not turn. Along such directions a complicated map becomes plain multiplication.",
     .picture = "Dough under a rolling pin: most strokes drawn on it turn as it spreads; those along and across the roll keep their line. It breaks for "
                "a map that turns everything.",
     .formula = "A v = l v,   v not 0",
     .symbols = "A: a square matrix\nv: an eigenvector; every multiple of it is one too\nl: its eigenvalue, the factor of the stretch",
     .inputs = "A = 2,1;1,2: a square matrix",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix a = small_matrix(in, "A", 6);
           if (a.size() != a[0].size()) in.refuse("A", "as many rows as columns");
           const std::vector<Pair> pairs = real_eigenpairs(a);
           for (size_t k = 0; k < pairs.size() && k < 3; ++k) {
             std::vector<double> image;
             for (const auto& row : a) {
               double sum = 0;
               for (size_t j = 0; j < row.size(); ++j) sum += row[j] * pairs[k].vector[j];
               image.push_back(clean(sum));
             }
             out.step(str("A {} = {} = {:.6g} x {}", listed(pairs[k].vector), listed(image), pairs[k].value, listed(pairs[k].vector)));
           }
           if (pairs.size() < a.size()) out.step(str("{} of {} eigenvalues are complex: there it turns", a.size() - pairs.size(), a.size()));
           if (pairs.empty()) out.answer("real eigenvalues", "none");
           for (size_t k = 0; k < pairs.size() && k < 2; ++k) {
             out.answer(str("eigenvalue {}", k + 1), pairs[k].value);
             for (size_t i = 0; i < pairs[k].vector.size(); ++i) out.answer(str("vector {}, entry {}", k + 1, i + 1), pairs[k].vector[i]);
           }
         },
     .turn = "A = 0,-1;1,0 turns by 90 degrees: no real direction survives.",
     .commands = "grimoire stats pca --data iris.csv --x sepal,petal",
     .code = "src/grimoire/stats/linalg.cpp: eigen_symmetric, eigen_general",
     .mistake = "People say that a matrix has as many eigenvectors as its rank; in fact diag(1, 0) has rank 1 and two independent ones, and a quarter "
                "turn has full rank and no real one.",
     .see = "low-rank: few directions matter\npca: those of a covariance",
     .sources = "Strang 2016, Introduction to Linear Algebra, chapter 6\nTrefethen and Bau 1997, Numerical Linear Algebra, lecture 24",
     .ask = "v is stretched threefold by A. Is 5v an eigenvector, and with which eigenvalue? | Yes, 3: A(5v) = 3 x 5v.",
     .more = "A v = l v means (A - l I) v = 0, so A - l I must squash some direction: det(A - l I) = 0, a polynomial of degree n in l. It has n roots, "
             "some perhaps complex or repeated; a repeated root may lack vectors (a shear has one line only). A symmetric matrix is the good case: n "
             "real eigenvalues and n orthogonal eigenvectors. Those of a covariance matrix are the principal components, and each eigenvalue is the "
             "variance along its vector."},
    {.id = "low-rank",
     .title = "Low rank",
     .names = "rank\ndimension reduction",
     .what = "A table is of low rank if it is large and repeats a few patterns. If every row is a mix of k rows, then k patterns and "
             "the recipe for mixing hold all of it.",
     .picture = "A choir of a hundred that sings in two voices: record two voices and who sings which. It breaks when somebody improvises: then the copy "
                "is only close.",
     .formula = "A = u_1 v_1' + ... + u_k v_k'",
     .symbols = "A: a matrix of m rows and n columns\nk: its rank, at most the smaller of m and n\nu, v: column and row of each pattern",
     .inputs = "A = 1,2;2,4: a matrix",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix a = small_matrix(in, "A", 40);
           const auto m = static_cast<double>(a.size()), n = static_cast<double>(a[0].size());
           const std::vector<double> s = stats::svd(matrix_of(a)).s.to_vector<double>();
           double rank = 0, all = 0;
           for (double v : s) rank += v > 1e-12 * std::max(m, n) * s[0], all += v * v;
           std::string list;
           for (size_t i = 0; i < s.size() && i < 5; ++i) list += str("{}{:.6g}", i ? ", " : "", s[i] > 1e-12 * std::max(m, n) * s[0] ? s[i] : 0.0);
           out.step(str("singular values: {}", list));
           out.step(str("numbers to keep: {:.0f} x {:.0f} = {:.0f}", m, n, m * n));
           out.step(str("as {:.0f} pattern(s): {:.0f} x ({:.0f} + {:.0f}) = {:.0f}", rank, rank, m, n, rank * (m + n)));
           if (all > 0) out.step(str("the first pattern alone keeps {:.4g} % of the squares", 100 * s[0] * s[0] / all));
           out.answer("rank", rank);
         },
     .turn = "change the 4 into 4.1: the rank is 2 at once, yet the first pattern still holds nearly all.",
     .commands = "grimoire stats pca --data iris.csv --x sepal,petal\ngrimoire finetune B --task classify --data r.csv --adapter lora --out A",
     .code = "src/grimoire/stats/linalg.cpp: svd\nsrc/grimoire/stats/pca.cpp: pca",
     .mistake = "People say that a low-rank matrix is sparse; in fact [[1, 2], [2, 4]] has rank 1 and no zero, and the identity is full of zeros and has "
                "full rank.",
     .see = "eigenvector: the directions\nlora: low-rank changes of a model\nbottleneck: the same without linearity\npca: the best of a rank",
     .sources = "Eckart and Young 1936, The Approximation of One Matrix by Another of Lower Rank\nStrang 2016, Introduction to Linear Algebra, chapter 7",
     .ask = "How many numbers hold a 100 x 100 matrix of rank 1? | 200: one column and one row.",
     .more = "Every matrix is U S V' with orthonormal columns and singular values that fall (the SVD). Keeping the k largest gives the best "
             "approximation of rank k in the sum of squares (Eckart and Young), and what is lost is the sum of the squared rest. Measured tables are "
             "never exactly of low rank, so the question is how fast the singular values fall. Ranks by computer need a threshold: here values below "
             "1e-12 of the largest, times the longer side, count as 0."},
    {.id = "pca",
     .title = "Principal components",
     .names = "PCA\nSVD\n\nprincipal component analysis\nsingular value decomposition\nsingular value",
     .what = "Turns a table so that its first new column holds as much of the variation as one column can, the second the most of the rest, and so on.",
     .formula = "X - mean = U S V';   variance along direction i: s_i^2 / (n - 1)",
     .symbols = "X: n rows, a column for each measurement\nV': its rows are the directions, at right angles;   s_i: the diagonal of S",
     .inputs = "X = 1,1;2,3;3,2;4,5;5,4: rows",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix rows = small_matrix(in, "X", 40);
           if (rows.size() < 3 || rows[0].size() < 2) in.refuse("X", "at least 3 rows and 2 columns");
           if (std::ranges::all_of(rows, [&](const auto& r) { return r == rows[0]; })) in.refuse("X", "rows that are not all equal");
           const stats::Pca p = stats::pca(matrix_of(rows));
           std::vector<double> direction;
           for (int64_t j = 0; j < p.components.dim(1); ++j) direction.push_back(p.components.at({0, j}));
           const double share = p.ratio.at({0}), sd = p.sd.at({0});
           out.step(str("first direction {}: sd {:.6g} along it", listed(direction), sd));
           out.answer("share of the variance", share);
           out.answer("sd along it", sd);
           if (rows[0].size() > 2) return;
           Series axis{.name = "", .x = {}, .y = {}}, dots{.name = "", .x = {}, .y = {}, .points = true};
           for (double t : {-2.0, 2.0}) axis.x.push_back(p.mean.at({0}) + t * sd * direction[0]), axis.y.push_back(p.mean.at({1}) + t * sd * direction[1]);
           for (const auto& row : rows) dots.x.push_back(row[0]), dots.y.push_back(row[1]);
           out.show(Chart{.title = "the rows and their first direction", .x_label = "column 1", .series = {std::move(axis), std::move(dots)}});
         },
     .turn = "multiply one column by 100: the first direction turns to it, hence standardise.",
     .commands = "grimoire stats pca --data iris.csv --x sepal,petal",
     .code = "src/grimoire/stats/pca.cpp: pca\nsrc/grimoire/stats/linalg.cpp: svd",
     .mistake = "People say that it keeps the most useful columns; in fact it mixes all, and keeps what varies most, useful or not.",
     .see = "eigenvector: of the covariance\nlow-rank: keeping a few\nautoencoder: the same with bends\nexplanatory-factors: what one hopes for",
     .sources = "Pearson 1901, On Lines and Planes of Closest Fit to Systems of Points in Space\nHotelling 1933, Analysis of a Complex of Statistical "
                "Variables into Principal Components",
     .ask = "All points lie on one line. Which share has the first component? | All of it: 1.",
     .more = "The direction of largest variance is also the line with the least squared distances to the points (Pearson): the two add up to a constant, by "
             "Pythagoras. Directions are the eigenvectors of the covariance matrix; the singular value decomposition finds them without forming it, "
             "which keeps digits. The first k components are the best approximation of rank k (Eckart and Young). A direction's sign is free, and of "
             "equal variances the directions are too. Use it to draw wide tables, to take out noise, and before methods that suffer from many columns."},
};

}  // namespace

const Family kLin = {"lin", "Linear algebra", kConcepts};

}  // namespace grim::learn
