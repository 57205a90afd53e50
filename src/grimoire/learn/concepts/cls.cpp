// Classical learners: neighbours, margins, trees and committees of trees.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/classic/density.h"
#include "grimoire/classic/discriminant.h"
#include "grimoire/classic/kernel.h"
#include "grimoire/classic/knn.h"
#include "grimoire/classic/svm.h"
#include "grimoire/classic/tree.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/metric/classification.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/information.h"
#include "grimoire/theory/experiment.h"

namespace grim::learn {
namespace {

using Matrix = std::vector<std::vector<double>>;

Features features_of(const Matrix& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  return Features(Tensor::from(flat, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}));
}

Features column_of(const std::vector<double>& x) { return Features(Tensor::from(x, {static_cast<int64_t>(x.size()), 1})); }

// Rows with the names of their classes.
Dataset labelled(Features x, const std::vector<std::string>& names) {
  Dataset data{.x = std::move(x), .y = {}, .weight = {}, .classes = names};
  std::ranges::sort(data.classes);
  data.classes.erase(std::ranges::unique(data.classes).begin(), data.classes.end());
  for (const std::string& name : names) data.y.push_back(static_cast<double>(std::ranges::find(data.classes, name) - data.classes.begin()));
  return data;
}

double dot_of(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Numbers that are not all zero, for what is divided by their length.
std::vector<double> direction(const Inputs& in, std::string_view name) {
  const std::vector<double> w = in.numbers(name, -1e100, 1e100);
  if (std::ranges::all_of(w, [](double v) { return std::abs(v) < 1e-100; })) in.refuse(name, "numbers that are not all 0");
  return w;
}

std::vector<double> as_long_as(const Inputs& in, std::string_view name, std::string_view like, size_t n) {
  const std::vector<double> v = in.numbers(name, -1e100, 1e100);
  if (v.size() != n) in.refuse(name, str("as many numbers as {} has: {}", like, n));
  return v;
}

double sum_of(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x;
  return sum;
}

// Rows of counts: one part of a split each.
Matrix counts_of(const Inputs& in, std::string_view name) {
  Matrix parts = in.count_matrix(name);
  for (const auto& part : parts)
    if (sum_of(part) == 0) in.refuse(name, "counts from 0 up, and at least one row in every part");
  return parts;
}

double bits(const std::vector<double>& counts) { return stats::to_bits(stats::entropy(stats::shares_of(counts))); }

struct Split {
  double before = 0, after = 0;  // entropy of the node; weighted mean over its parts
  double gain() const { return before - after; }
};
Split split_into(const Matrix& parts) {
  std::vector<double> all(parts[0].size());
  for (const auto& part : parts)
    for (size_t k = 0; k < part.size(); ++k) all[k] += part[k];
  Split s{bits(all), 0};
  for (const auto& part : parts) s.after += sum_of(part) / sum_of(all) * bits(part);
  return s;
}

std::string list_of(const std::vector<double>& v) {
  std::string text;
  for (double x : v) text += str("{}{:.6g}", text.empty() ? "" : ", ", x);
  return text;
}

// The tree that CART grows: by entropy, and without a limit unless `depth` says one.
DecisionTree grown(const Dataset& data, int64_t depth = 0) {
  DecisionTree tree;
  tree.criterion = "entropy";
  tree.max_depth = depth;
  tree.fit(data);
  return tree;
}
double bits_won(const DecisionTree& tree) { return tree.impurity()[0] - tree.report().objective; }

std::vector<std::string> labels_for(const Inputs& in, std::string_view name, size_t n) {
  std::vector<std::string> labels = in.words(name, 2);
  if (labels.size() != n) in.refuse(name, str("{} words, one a point", n));
  if (std::ranges::all_of(labels, [&](const std::string& l) { return l == labels[0]; })) in.refuse(name, "two classes or more");
  return labels;
}

const Concept kConcepts[] = {
    {.id = "knn",
     .title = "k nearest neighbours",
     .names = "kNN",
     .what = "Answers for a new point by asking the k known points that lie closest to it and taking the majority.",
     .picture = "You want to know whether a street floods, so you ask the houses next door. It fails where the nearest house stands on a hill of its own.",
     .formula = "f(x) = the commonest class among the k points x_i with the least d(x, x_i)",
     .symbols = "x: the point in question\nk: how many neighbours vote, from 1 up\nd: the distance",
     .inputs = "x = 0: where the question is asked\nat = 1,2,3: known points on a line\nlabels = a b b: their classes\nk = 1,3: numbers of neighbours to try",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -1e6, 1e6);
           const std::vector<double> at = in.numbers("at", -1e6, 1e6, 2, 100), k = in.numbers("k", 1, 100, 1, 10);
           const std::vector<std::string> labels = labels_for(in, "labels", at.size());
           const Dataset data = labelled(column_of(at), labels);
           const NeighbourLists near = make_index(data.x, {}, {})->search(column_of({x}), static_cast<int64_t>(at.size()));
           std::string order;
           for (size_t i = 0; i < near.row.size() && i < 8; ++i)
             order += str("{}{} (distance {:.6g})", i ? ", " : "", labels[static_cast<size_t>(near.row[i])], near.distance[i]);
           out.step("nearest first: " + order);
           for (double each : k) {
             if (each != std::floor(each) || each > static_cast<double>(at.size())) in.refuse("k", str("whole numbers from 1 to {}", at.size()));
             Knn knn;
             knn.k = str("{}", static_cast<int64_t>(each));
             knn.fit(data);
             out.answer("answer with k = " + knn.k, data.classes[static_cast<size_t>(knn.predict(column_of({x}))[0])]);
           }
         },
     .turn = "raise k: single odd points lose their say, and in the end the largest class wins everywhere.",
     .commands = "grimoire fit --model knn --data data.csv --target y --param k=5 --out m",
     .code = "src/grimoire/classic/knn.cpp",
     .mistake = "People say that it needs no training and so costs nothing; in fact the cost moves to each question, and columns on unlike scales drown "
                "each other: "
                "scale them first.",
     .see = "distance: what near means\nchoose-k: how many to ask\nknn-density: the same neighbours, counted\noutlier: who has none",
     .sources = "Fix and Hodges 1951, Discriminatory Analysis\nCover and Hart 1967, Nearest Neighbor Pattern Classification",
     .ask = "Points a, a, b lie at distances 1, 2, 3. What does kNN answer for k = 3? | a, by two votes to one.\n"
            "What does kNN assume about the world? | That points close together mostly share a class.",
     .more = "With endless data the nearest neighbour of two classes errs at most 2 R (1 - R) where R is the error of the best rule "
             "(Cover and Hart). "
             "For k = 1 the error on the training rows is 0, which says nothing: each row is its own neighbour. Of equal votes the class that sorts first "
             "wins, so an odd k is better for two classes. "
             "Grimoire searches by matrix products or a KD tree, both exact, or by a graph (HNSW), which is approximate."},
    {.id = "choose-k",
     .title = "Choosing k",
     .names = "value of k\nnumber of neighbours",
     .what = "How many neighbours to ask: few follow every accident of the sample, many wash real borders away.",
     .picture = "Asking for the way: one passer-by may be lost himself, but the whole country's average is of no use in this street.",
     .formula = "k of order n^(2/(2+d)) for a smooth (Lipschitz) target",
     .symbols = "n: training rows\nd: dimensions\nk: neighbours",
     .inputs = "n = 1000: training rows\nd = 1: dimensions",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double n = static_cast<double>(in.integer("n", 2, 1'000'000'000)), d = static_cast<double>(in.integer("d", 1, 1000));
           out.step(str("ln {:.6g} = {:.4g},   sqrt {:.6g} = {:.4g}", n, std::log(n), n, std::sqrt(n)));
           out.step(str("{:.6g}^(2/(2+{:.6g})) = {:.6g}^{:.4g}", n, d, n, 2 / (2 + d)));
           out.answer("ln n", std::log(n));
           out.answer("sqrt n", std::sqrt(n));
           out.answer("order of the best k", std::pow(n, 2 / (2 + d)));
         },
     .turn = "raise d to 10: the order falls to about 3, for in many dimensions even near points are far.",
     .commands = "grimoire validate --model knn --data data.csv --target y --grid k=1,3,10,30\ngrimoire experiment bayes-risk",
     .code = "src/grimoire/classic/knn.cpp: chosen_k",
     .mistake = "People say that the best k is log n; in fact that only suffices for being right in the end. It gets there slowly, the rate asks for more, "
                "and what counts for your table is cross-validation.",
     .see = "knn: the learner\nk-fold: how to try values\nbias-variance: what is traded\nuniversal-consistency: why k must grow",
     .sources = "Stone 1977, Consistent Nonparametric Regression\n"
                "Gyorfi, Kohler, Krzyzak and Walk 2002, A Distribution-Free Theory of Nonparametric Regression, theorem 6.2",
     .ask = "Does too small a k overfit or underfit? | It overfits.",
     .more = "Consistency needs two things at once: k without bound, so that the vote steadies, and k/n to 0, so that the voters stay near (Stone). "
             "Both ln n and sqrt n do that. The order n^(2/(2+d)) balances the variance 1/k against the squared bias (k/n)^(2/d), "
             "and holds up to a factor that depends on the data: 100 here is an order, no recipe. An odd k avoids ties of two classes."},
    {.id = "knn-density",
     .title = "Nearest-neighbour density",
     .names = "kNN density estimate",
     .what = "Says how crowded a place is from how far one has to go to meet k points.",
     .picture = "In a city the tenth neighbour lives on your floor; in the country you drive to him.",
     .formula = "p(x) = k / (n V)",
     .symbols = "k: points met\nn: points in all\nV: volume of the ball around x that reaches the k-th of them",
     .inputs = "n = 10: points in all\nk = 2: of them inside the ball\nradius = 0.5: of the ball\nd = 1: dimensions",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1'000'000'000), k = in.integer("k", 1, n), d = in.integer("d", 1, 50);
           const double r = in.number("radius", 1e-3, 1e3), v = ball_in_cube(d) * std::pow(2 * r, static_cast<double>(d));
           out.step(str("volume of a ball of radius {:.6g} in {} dimension{}: V = {:.6g}", r, d, d == 1 ? "" : "s", v));
           out.step(str("{} / ({} x {:.6g})", k, n, v));
           out.answer("density", static_cast<double>(k) / (static_cast<double>(n) * v));
         },
     .turn = "halve the radius: the same k in half the space makes the density double.",
     .commands = "grimoire fit --model knn-density --data data.csv --param k=5 --out m",
     .code = "src/grimoire/classic/density.cpp: NeighbourDensity",
     .mistake = "People say that the estimate is a probability; in fact it is a density, may be above 1, and this one does not even integrate to 1: its "
                "tails are too heavy.",
     .see = "knn: the same neighbours, asked for classes\ndensity-estimation: the task\noutlier: where the density is low",
     .sources = "Loftsgaarden and Quesenberry 1965, A Nonparametric Estimate of a Multivariate Density Function",
     .ask = "Of 100 points on a line, 5 lie within .5 of x. What is the density at x? | 5 / (100 x 1) = .05.",
     .more = "Kernel density fixes the width and counts; this estimate fixes the count and measures the width, so it adapts: fine detail where data abound. "
             "Far out it falls like 1/|x| in one dimension, whose integral has no end."},
    {.id = "knn-clusters",
     .title = "Clusters of neighbours",
     .names = "neighbour clustering\nmutual neighbours",
     .what = "Finds groups without being told how many: points that are each other's neighbours belong together, and so do friends of friends.",
     .picture = "Circles of friends: two people are joined only if each names the other among the k closest.",
     .formula = "i joined to j when each is among the k nearest of the other\nclusters = connected parts",
     .symbols = "k: how many neighbours each point names",
     .inputs = "x = 0,1,10,11: points on a line\nk = 1: neighbours that each one names",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 2, 60);
           NeighbourClusters clusters;
           clusters.k = in.integer("k", 1, static_cast<int64_t>(x.size()) - 1);
           clusters.fit({.x = column_of(x), .y = {}, .weight = {}, .classes = {}});
           std::vector<double> found = clusters.labels();
           for (size_t i = 0; i < x.size() && i < 6; ++i) out.step(str("{:.6g} belongs to cluster {:.0f}", x[i], found[i]));
           std::ranges::sort(found);
           found.erase(std::ranges::unique(found).begin(), found.end());
           out.answer("clusters", static_cast<double>(found.size()));
         },
     .turn = "with k = 3 everybody names everybody, and one cluster is left.",
     .commands = "grimoire fit --model knn-clusters --data data.csv --param k=10 --out m",
     .code = "src/grimoire/classic/density_clusters.cpp: NeighbourClusters",
     .mistake = "People say that clustering reveals the true classes; in fact it reveals what the distance and k call close: another scale of a column "
                "gives other groups.",
     .see = "knn: neighbours with labels\ndistance: what decides it\nk-means: round groups around centres",
     .sources = "Jarvis and Patrick 1973, Clustering Using a Similarity Measure Based on Shared Near Neighbors",
     .ask = "Points 0, 1, 5, 6, 20 and 21 with k = 1: how many clusters? | 3."},
    {.id = "outlier",
     .title = "Outlier",
     .names = "outlier detection\nLOF\nlocal outlier factor\nanomaly detection",
     .what = "A point that lies far from all others, and so may be a mistake, a fraud or a discovery.",
     .picture = "The guest who stands alone: one measures how far he would have to walk to his second nearest neighbour.",
     .formula = "score(x) = distance from x to its k-th nearest other point",
     .symbols = "k: how many neighbours must be near for a point to count as normal",
     .inputs = "x = 0,1,2,10: points on a line\nk = 2: neighbours",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 3, 12);
           const int64_t k = in.integer("k", 1, static_cast<int64_t>(x.size()) - 1);
           const Features rows = column_of(x);
           const NeighbourLists near = neighbours_of_rows(*make_index(rows, {}, {}), rows, k);
           LocalOutlierFactor lof;
           lof.k = k;
           lof.fit({.x = rows, .y = {}, .weight = {}, .classes = {}});
           out.step(str("distance to nearest other point number {}; in brackets the local factor", k));
           std::string line;
           std::vector<double> scores;
           for (size_t i = 0; i < x.size(); ++i) {
             scores.push_back(near.distance[i * static_cast<size_t>(near.k) + static_cast<size_t>(near.k) - 1]);
             line += str("{}{:.6g}: {:.6g} ({:.3g})", i ? ", " : "", x[i], scores[i], lof.factors()[i]);
           }
           out.step(line);
           out.answers("score", scores);
         },
     .turn = "move 10 to 3: no score stands out any more.",
     .commands = "grimoire fit --model lof --data data.csv --param k=20 --out m",
     .code = "src/grimoire/classic/density.cpp: LocalOutlierFactor\nsrc/grimoire/classic/neighbours.cpp: neighbours_of_rows",
     .mistake = "People say that outliers are errors and should be deleted; in fact the score only says rare. Whether rare is wrong, the data cannot tell.",
     .see = "knn: the same neighbours\nknn-density: low density, the same thought\ndistance: the measure",
     .sources = "Ramaswamy, Rastogi and Shim 2000, Efficient Algorithms for Mining Outliers from Large Data Sets\n"
                "Breunig, Kriegel, Ng and Sander 2000, LOF: Identifying Density-Based Local Outliers",
     .ask = "Points 0, 1, 2 and 10. Which has the largest distance to its second neighbour? | 10, with 9.",
     .more = "The plain distance is unfair when one group is dense and another thin. The local outlier factor divides the density around a point's "
             "neighbours by the density around the point itself: about 1 inside any group, clearly above 1 for a point that its own neighbours find far "
             "away."},
    {.id = "distance",
     .title = "Distance",
     .names = "metric\nEuclidean\nEuclidean distance\nManhattan distance",
     .what = "A number that says how unlike two points are: 0 for the same point, larger the further apart.",
     .picture = "As the crow flies, as the taxi drives along the blocks, or as a king walks on a chessboard.",
     .formula = "L2 = sqrt sum_i (a_i - b_i)^2\nL1 = sum_i |a_i - b_i|,   Linf = max_i |a_i - b_i|",
     .symbols = "a, b: two points with the same number of coordinates",
     .inputs = "a = 0,0: one point\nb = 3,4: the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> a = in.numbers("a", -1e100, 1e100, 1, 100), b = as_long_as(in, "b", "a", a.size());
           const auto n = static_cast<int64_t>(a.size());
           std::vector<double> gap;
           for (size_t i = 0; i < a.size(); ++i) gap.push_back(std::abs(a[i] - b[i]));
           out.step("differences: " + list_of(gap));
           out.answer("L2, Euclid", Metric{}(a.data(), b.data(), n));
           out.answer("L1, city blocks", Metric{.kind = Metric::Kind::l1}(a.data(), b.data(), n));
           out.answer("Linf, the largest difference", *std::ranges::max_element(gap));
         },
     .turn = "multiply the second coordinates by 1000, as metres for kilometres do: the first ones no longer matter.",
     .commands = "grimoire fit --model knn --data data.csv --target y --scale standard --out m",
     .code = "src/grimoire/classic/distance.cpp: Metric",
     .mistake = "People say that cosine distance is a metric; in fact the triangle inequality fails for it: 1 - cos is 1 between east and north but only "
                ".29 on each half of the way.",
     .see = "knn: who is near\ncurse-of-dimensionality: when all are equally far\nsimilarity: a measure that is learned",
     .sources = "Deza and Deza 2009, Encyclopedia of Distances, chapter 1",
     .ask = "How far is (0,0) from (6,8) in L2 and in L1? | 10 and 14.",
     .more = "A metric is never negative, 0 only for equal points, symmetric, and a detour is never shorter: d(a,c) <= d(a,b) + d(b,c). "
             "All three here are cases of (sum |a_i - b_i|^p)^(1/p) with p = 2, 1 and without bound."},
    {.id = "discriminant-analysis",
     .title = "Discriminant analysis",
     .names = "linear discriminant analysis\nquadratic discriminant analysis\nLDA\nQDA\nGaussian classifier",
     .what = "Tells classes apart by giving each a bell curve about its mean: a new value goes to the curve that is higher there.",
     .picture = "Two lamps over a street: you stand in the light of the one that is brighter there. Of one kind, the border lies halfway.",
     .formula = "f_k(x) = log p_k - (log |S_k| + (x - m_k)' S_k^-1 (x - m_k)) / 2\np(k | x) = e^f_k / sum_j e^f_j",
     .symbols = "p_k: share of class k\nm_k: its mean\nS_k: its covariance; linear analysis takes one for all classes",
     .inputs = "a = 1,2,3: values of one class\nb = 4,6,8: of the other\nx = 3.5: a new value",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> a = in.numbers("a", -1e6, 1e6, 2, 100), b = in.numbers("b", -1e6, 1e6, 2, 100);
           std::vector<double> all = a;
           all.insert(all.end(), b.begin(), b.end());
           std::vector<std::string> names(a.size(), "a");
           names.resize(all.size(), "b");
           const Dataset data = labelled(column_of(all), names);
           for (const auto& [name, v] : {std::pair{"a", a}, {"b", b}})
             if (std::ranges::all_of(v, [&](double x) { return x == v[0]; })) in.refuse(name, "values that differ");
           Lda lda;
           Qda qda;
           lda.fit(data);
           qda.fit(data);
           const Tensor f = lda.decision(column_of({0, 1}));
           const double at_0 = f.at({0, 1}) - f.at({0, 0}), slope = f.at({1, 1}) - f.at({1, 0}) - at_0;
           const Features here = column_of({in.number("x", -1e6, 1e6)});
           out.step(str("means {:.6g} and {:.6g}, one deviation for both: {:.6g}", sum_of(a) / static_cast<double>(a.size()),
                        sum_of(b) / static_cast<double>(b.size()), lda.deviations()[0]));
           out.step(str("linear: f_b - f_a = {:.6g} x {} {:.6g}", slope, at_0 < 0 ? "-" : "+", std::abs(at_0)));
           if (std::abs(slope) > 1e-12) out.answer("border", -at_0 / slope);
           out.answer("p(a | x) by one deviation", lda.predict_proba(here).at({0, 0}));
           out.answer("by one each", qda.predict_proba(here).at({0, 0}));
         },
     .turn = "ask for x = 14: the linear one is sure of b, and so is the other; at x = -6 only the one with a deviation each goes back to b.",
     .commands = "grimoire fit --model lda --data data.csv --target kind --out m\ngrimoire validate --model qda --data data.csv --target kind",
     .code = "src/grimoire/classic/discriminant.cpp: Lda, Qda",
     .mistake = "People say that it needs normal data; in fact that makes its probabilities right, while the linear border does well wherever classes are "
                "clouds of like shape.",
     .see = "naive-bayes: the same without covariances between columns\nlogistic-regression: the same border, found without assuming how x lies",
     .sources = "Fisher 1936, The Use of Multiple Measurements in Taxonomic Problems\nHastie, Tibshirani and Friedman 2009, section 4.3",
     .ask = "Two classes come equally often, with means 0 and 10 and one variance. Where is the border? | At 5, halfway.",
     .more = "With one S the squares x' S^-1 x are the same in every f_k and fall out, which leaves f_k linear in x. The maximum-likelihood S is the mean of "
             "(x - m_k)(x - m_k)' over all rows; the logits of linear analysis and of logistic regression have one form and are estimated differently."},
    {.id = "svm",
     .title = "Support vector machine",
     .names = "SVM",
     .what = "Separates two classes by the line, or plane, that keeps the widest empty strip between them.",
     .picture = "A road through a village, as wide as can be without touching a house. Only the houses at the kerb decide where it runs.",
     .formula = "min |w|^2 / 2   with   y_i (w.x_i + b) >= 1 for all i",
     .symbols = "w: normal of the plane\nb: its offset\nx_i: a point\ny_i: +1 or -1, its class",
     .inputs = "plus = 1,1;2,2;2,0: points of class +1\nminus = 0,0;1,0;0,1: points of class -1",
     .compute =
         [](const Inputs& in, Worked& out) {
           Matrix rows = in.matrix("plus");
           const Matrix minus = in.matrix("minus");
           if (minus[0].size() != rows[0].size()) in.refuse("minus", str("points of {} numbers, as plus has them", rows[0].size()));
           std::vector<std::string> names(rows.size(), "+1");
           names.resize(rows.size() + minus.size(), "-1");
           rows.insert(rows.end(), minus.begin(), minus.end());
           if (rows.size() > 100) in.refuse("plus", "at most 100 points in all");
           for (const auto& row : rows)
             for (double v : row)
               if (std::abs(v) > 1000) in.refuse("plus", "coordinates from -1000 to 1000, in minus too");
           Svc svc;
           set_params(svc, {"kernel=linear", "C=100000", "precision=double", "tolerance=1e-9", "max-iter=200000"});
           svc.fit(labelled(features_of(rows), names));
           std::vector<double> w(rows[0].size());
           for (size_t i = 0; i < svc.support_rows().size(); ++i)
             for (size_t j = 0; j < w.size(); ++j) w[j] += svc.dual_coefficients()[i] * rows[static_cast<size_t>(svc.support_rows()[i])][j];
           if (std::ranges::any_of(svc.dual_coefficients(), [](double a) { return std::abs(a) > 99999; }))
             in.refuse("plus", "points that some plane parts from those of minus (these overlap)");
           const double b = -svc.rho()[0];
           for (int64_t i : svc.support_rows())
             out.step(str("support vector ({}): f = {:.5g}", list_of(rows[static_cast<size_t>(i)]), dot_of(w, rows[static_cast<size_t>(i)]) + b));
           out.answers("w", w);
           out.answer("b", b);
           out.answer("width of the strip", svc.margin());
         },
     .turn = "move (2,2) to (5,5): nothing changes, for it carries no weight. Move (1,1) and everything does.",
     .commands = "grimoire fit --model linear-svc --data data.csv --target y --out svm.model",
     .code = "src/grimoire/classic/svm.cpp: Svc\nsrc/grimoire/classic/smo.cpp: the solver",
     .mistake = "People say that it weighs all points as other fits do; in fact the solution is a sum over the support vectors alone, and the rest could be "
                "thrown away.",
     .see = "margin: the width of the strip\nsoft-margin: when no line fits\nrepresenter: w from the points\nkernel-trick: bent borders",
     .sources = "Cortes and Vapnik 1995, Support-Vector Networks\nChang and Lin 2011, LIBSVM: A Library for Support Vector Machines",
     .ask = "What happens to the plane if a point far behind the strip is removed? | Nothing.",
     .more = "Scaling w and b together leaves the plane where it is, so the scale is fixed by demanding y f >= 1 at the closest points. The strip is then "
             "2/|w| wide, "
             "and widest means shortest w. The problem is convex: one solution, found by working on two multipliers at a time (Platt's SMO)."},
    {.id = "margin",
     .title = "Margin",
     .names = "maximum margin\nlarge margin",
     .what = "The free space between two classes: the wider it is, the further a point may be shaken before it changes sides.",
     .picture = "A parking bay: with room on both sides a small swerve does no harm.",
     .formula = "width = 2 / |w|",
     .symbols = "w: normal of the plane, scaled so that |w.x + b| = 1 at the closest points\n|w|: its length",
     .inputs = "w = 2,2: normal of the plane",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = direction(in, "w");
           const double length = std::sqrt(dot_of(w, w));
           out.step(str("|w| = sqrt {:.6g} = {:.8g}", dot_of(w, w), length));
           out.step(str("from the plane to each edge 1 / |w| = {:.8g}, and there are two edges", 1 / length));
           out.answer("width", 2 / length);
         },
     .turn = "double w: the strip is half as wide. That is why the machine keeps w short.",
     .commands = "grimoire fit --model linear-svc --data data.csv --target y --out svm.model",
     .code = "src/grimoire/classic/svm.h: margin",
     .mistake = "People say that a longer w means a surer classifier; in fact f grows with w but the strip shrinks: the distance of a point is f / |w|.",
     .see = "svm: maximises it\nsoft-margin: lets points inside\nhyperplane-normal: the geometry",
     .sources = "Boser, Guyon and Vapnik 1992, A Training Algorithm for Optimal Margin Classifiers",
     .ask = "w has length 4. How wide is the strip? | .5.",
     .more = "Take x on one edge and walk along w/|w| until the other: f rises from -1 to 1, by |w| for each unit of length, so the walk is 2/|w| long."},
    {.id = "hyperplane-normal",
     .title = "Normal of the border",
     .names = "w perpendicular\ndecision boundary\nhyperplane",
     .what = "A linear classifier's weights point straight across its border, and so tell on which side a point lies and how far.",
     .picture = "A fence: w is the way across it and turns it, b slides it without turning.",
     .formula = "distance of x = (w.x + b) / |w|,   w.(any step along the border) = 0",
     .symbols = "w: normal of the border\nb: offset; the border lies |b| / |w| from 0\nx: a point; the sign of its distance is its side",
     .inputs = "w = 2,2: weights\nb = -3: offset\nx = 1,1: a point\nalong = 1,-1: a step to try against w",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = direction(in, "w"), x = as_long_as(in, "x", "w", w.size()), along = as_long_as(in, "along", "w", w.size());
           const double b = in.number("b", -1e100, 1e100), f = dot_of(w, x) + b, length = std::sqrt(dot_of(w, w));
           out.step(str("w.x + b = {:.6g} + {:.6g} = {:.6g}", dot_of(w, x), b, f));
           out.step(str("divided by |w| = {:.8g}", length));
           out.answer("distance of x", f / length);
           out.answer("w.along (0: it runs along the border)", dot_of(w, along));
           out.answer("distance of the border from 0", std::abs(b) / length);
         },
     .turn = "set b to 0: the border goes through the origin, still at the same angle.",
     .commands = "grimoire fit --model linear-svc --data data.csv --target y --out svm.model",
     .code = "src/grimoire/classic/svm_predict.cpp",
     .mistake = "People say that w.x + b is the distance; in fact it is the distance times |w|: double w and b and it doubles, though no point has moved.",
     .see = "svm: chooses w and b\nmargin: the two edges\nlogit: the same score as log-odds",
     .sources = "Bishop 2006, Pattern Recognition and Machine Learning, section 4.1.1",
     .ask = "w = (3,4), b = 0. How far is (3,4) from the border? | 25 / 5 = 5.",
     .more = "For two points p and q on the border w.p + b = 0 = w.q + b, so w.(p - q) = 0: every step along it is perpendicular to w."},
    {.id = "kernel-trick",
     .title = "Kernel trick",
     .names = "kernels\nfeature map\nkernel function",
     .what = "Gets the effect of many extra columns, even infinitely many, without ever writing them down.",
     .picture = "Two recipes are compared by one taste of each, not by listing every pair of ingredients.",
     .formula = "k(x, z) = phi(x).phi(z),   here k = (x.z)^2",
     .symbols = "phi: the long vector of new columns, here all products x_i x_j\nk: their inner product, from the short vectors alone",
     .inputs = "x = 1,2: a point\nz = 3,1: another",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 2, 2), z = in.numbers("z", -1e6, 1e6, 2, 2);
           const Kernel square{.kind = Kernel::Kind::poly, .gamma = 1, .coef0 = 0, .degree = 2};
           constexpr auto kDense = KernelSet<double>::Form::dense;
           const KernelSet<double> left(square, features_of({x}), kDense), right(square, features_of({z}), kDense);
           double k = 0;
           double* to[] = {&k};
           const int64_t row[] = {0};
           right.values(left, row, 0, 1, to);
           const double parts[] = {x[0] * x[0] * z[0] * z[0], 2 * x[0] * x[1] * z[0] * z[1], x[1] * x[1] * z[1] * z[1]};
           out.step(str("short way: x.z = {:.6g}, squared {:.6g}", dot_of(x, z), k));
           out.step("long way: phi(x) = (x1 x1, sqrt 2 x1 x2, x2 x2), then product by product");
           out.step(str("{:.6g} + {:.6g} + {:.6g} = {:.6g}", parts[0], parts[1], parts[2], parts[0] + parts[1] + parts[2]));
           out.answer("k(x, z)", k);
           out.answers("phi(x)phi(z)", parts);
         },
     .turn = "of 100 columns the square has 5050 products, yet the short way still takes one inner product of 100.",
     .commands = "grimoire fit --model svc --data a.csv --target y --param kernel=poly --out m",
     .code = "src/grimoire/classic/kernel.cpp: KernelSet",
     .mistake = "People say that any measure of likeness will do; in fact it must be symmetric and positive semidefinite, or there is no phi and the "
                "problem need not be convex.",
     .see = "svm: where it is used\nrepresenter: why inner products suffice\ndistance: likeness turned round",
     .sources = "Aizerman, Braverman and Rozonoer 1964, Theoretical foundations of the potential function method\n"
                "Boser, Guyon and Vapnik 1992, A Training Algorithm for Optimal Margin Classifiers, section 2",
     .ask = "k = (x.z)^2 with x = (1,0), z = (2,5). What is k? | (1 x 2)^2 = 4.",
     .more = "The Gaussian kernel exp(-g |x - z|^2) has infinitely many such columns: its power series holds products of every degree. "
             "The price is a matrix of n by n kernel values, which is why very many rows are easier for linear machines."},
    {.id = "representer",
     .title = "Representer theorem",
     .names = "representer theorem\ndual form",
     .what = "The best weights are a mixture of the training points themselves, so a fit needs one number for each point, however many columns there are.",
     .picture = "A mobile in balance: its position is fixed by which pieces hang on it and how heavy each one is.",
     .formula = "w = sum_i a_i y_i x_i",
     .symbols = "a_i: weight of point i, 0 for all but the support vectors\ny_i: +1 or -1\nx_i: the point",
     .inputs = "a = 4,2,2: weights of the points\nx = 1,1;1,0;0,1: the points\ny = 1,-1,-1: their classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix x = in.matrix("x");
           const std::vector<double> a = as_long_as(in, "a", "x", x.size()), y = as_long_as(in, "y", "x", x.size());
           std::vector<double> w(x[0].size());
           for (size_t i = 0; i < x.size(); ++i) {
             for (size_t j = 0; j < w.size(); ++j) w[j] += a[i] * y[i] * x[i][j];
             if (i < 4) out.step(str("{:.6g} x {:.6g} x ({})", a[i], y[i], list_of(x[i])));
           }
           out.answers("w", w);
           out.answer("sum of a_i y_i (0 where b is free)", dot_of(a, y));
         },
     .turn = "give a fourth point the weight 0: w stays. That is what it means not to be a support vector.",
     .commands = "grimoire fit --model svc --data a.csv --target y --param kernel=rbf --out m",
     .code = "src/grimoire/classic/svm.h: dual_coefficients",
     .mistake = "People say that it is special to support vector machines; in fact it holds for any loss on the points plus any penalty that grows with "
                "|w|, ridge and penalised logistic regression included.",
     .see = "svm: the machine\nkernel-trick: then only inner products are needed\nl2: the penalty behind it",
     .sources = "Kimeldorf and Wahba 1971, Some Results on Tchebycheffian Spline Functions\n"
                "Scholkopf, Herbrich and Smola 2001, A Generalized Representer Theorem",
     .ask = "Two points with a y = 1 and -1 lie at (2,0) and (0,1). What is w? | (2,-1).",
     .more = "Split w into a part spanned by the points and a part perpendicular to all of them. The second changes no w.x_i, hence no loss, but makes w "
             "longer: "
             "the minimum has none of it. So f(x) = sum_i a_i y_i k(x_i, x) + b."},
    {.id = "soft-margin",
     .title = "Soft margin",
     .names = "C\nslack\ntolerance\nhinge loss",
     .what = "Lets some points stand inside the strip or on the wrong side, at a price, so that one stray point does not bend the whole border.",
     .picture = "A fine for parking on the kerb: the further onto it, the dearer, but nobody is shot.",
     .formula = "min |w|^2 / 2 + C sum_i max(0, 1 - y_i f(x_i))",
     .symbols = "y f: above 1 on the right side and clear of the strip, below 0 wrong\nC: price of a unit of slack, above 0",
     .inputs = "yf = 0.3: class times score of one point\nC = 1: price of slack",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double yf = in.number("yf", -1e6, 1e6), c = in.number("C", 1e-9, 1e9), slack = std::max(0.0, 1 - yf);
           out.step(str("slack: max(0, 1 - {:.6g}) = {:.6g}", yf, slack));
           out.step(yf >= 1 ? "outside of the strip: free of charge" : yf > 0 ? "on its own side, but inside the strip" : "on the wrong side");
           out.answer("hinge loss", slack);
           out.answer("what it adds to the objective", c * slack);
         },
     .turn = "let yf pass 1: the price is 0 and stays there, so points well placed have no pull.",
     .commands = "grimoire fit --model svc --data data.csv --target y --param C=10 --out m\n"
                 "grimoire validate --model svc --data data.csv --target y --grid C=0.1,1,10",
     .code = "src/grimoire/classic/svm_problem.cpp\nsrc/grimoire/classic/smo.cpp",
     .mistake = "People say that a large C tolerates more; in fact it is the price of an error: a large C tolerates less and fits closer, a small one "
                "regularises more.",
     .see = "margin: the hard form\nsvm: the whole machine\nl2: the penalty it stands beside\noverfitting: what a large C risks",
     .sources = "Cortes and Vapnik 1995, Support-Vector Networks, section 3",
     .ask = "A point has y f = -1. What is its hinge loss? | 2.",
     .more = "In the dual form C is the largest weight a_i that a point may get: points at the bound lie inside the strip or beyond it. "
             "nu-SVC replaces C by nu, an upper bound on the share of such points."},
    {.id = "decision-tree",
     .title = "Decision tree",
     .names = "tree\nCART",
     .what = "Predicts by a chain of simple questions about one column each, like a flow chart that is learned from the rows.",
     .picture = "Twenty questions: ask first what splits the field best. Unlike in the game, the same questions are asked of everybody.",
     .formula = "at each node the split with the largest gain\ngain = H(before) - sum_part n_part / n H(part)",
     .symbols = "H: entropy of the classes in a node, in bits\nn: rows in the node",
     .inputs = "outlook = 2,3;4,0;3,2: yes and no for each of its values (14 days of tennis)\ntemperature = 2,2;4,2;3,1: the same of another column\n"
               "humidity = 3,4;6,1: and another\nwind = 6,2;3,3: and the last",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::string best;
           std::vector<std::pair<std::string, double>> gains;
           double most = -1;
           for (const auto& [name, text] : in.all()) {
             const Split s = split_into(counts_of(in, name));
             out.step(str("{}: {:.6f} - {:.6f} = {:.6f}", name, s.before, s.after, s.gain()));
             gains.emplace_back(name, s.gain());
             if (s.gain() > most) most = s.gain(), best = name;
           }
           out.answer("first question", best);
           out.answer("its gain in bits", most);
           for (const auto& [name, gain] : gains) out.answer("gain of " + name, gain);
         },
     .turn = "make humidity 7,0;2,5: it parts the days better and takes the root.",
     .commands = "grimoire fit --model tree --data data.csv --target y --out tree.model",
     .code = "src/grimoire/classic/tree.cpp: DecisionTree\nsrc/grimoire/classic/tree_exact.cpp: grow_exact",
     .mistake = "People say that the tree found is the best of its size; in fact splits are chosen one at a time, and the best tree is NP-complete to find.",
     .see = "information-gain: how a split is scored\ngreedy: the price of haste\ncontinuous-split: numbers\nrandom-forest: many trees",
     .sources = "Quinlan 1986, Induction of Decision Trees: the table of days\n"
                "Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees\n"
                "Hyafil and Rivest 1976, Constructing Optimal Binary Decision Trees is NP-complete",
     .ask = "Which split does a tree take at a node? | The one with the largest gain at that node.",
     .more = "Left alone a tree grows until every leaf is pure, and so learns the noise by heart. Limits on depth and leaf size, or cutting branches back by "
             "cost and complexity (ccp-alpha), hold it. CART asks questions with two answers; Quinlan's ID3, whose numbers these are, opens a branch for "
             "each value."},
    {.id = "greedy",
     .title = "Greedy choice",
     .names = "local optimum\ngreedy algorithm",
     .what = "Takes the best next step without looking further, which is fast and sometimes walks past the better way.",
     .picture = "Walking uphill in fog: one ends on a top, though perhaps not on the highest.",
     .formula = "at each node: argmax over columns of the gain of that split alone",
     .symbols = "gain: bits of entropy that the split removes",
     .inputs = "x1 = 0,0,1,1: a column\nx2 = 0,1,0,1: another\nlabels = no yes yes no: the classes (yes where x1 and x2 differ)",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x1 = in.numbers("x1", -1e6, 1e6, 2, 50), x2 = as_long_as(in, "x2", "x1", x1.size());
           const std::vector<std::string> labels = labels_for(in, "labels", x1.size());
           Matrix both;
           for (size_t i = 0; i < x1.size(); ++i) both.push_back({x1[i], x2[i]});
           const double one = bits_won(grown(labelled(column_of(x1), labels), 1)), two = bits_won(grown(labelled(column_of(x2), labels), 1));
           const double deep = bits_won(grown(labelled(features_of(both), labels)));
           out.step(str("one split on x1 wins {:.6g} bits, one on x2 {:.6g}", one, two));
           out.step(str("a tree that may split on both wins {:.6g}", deep));
           out.answer("gain of x1", one);
           out.answer("gain of x2", two);
           out.answer("gain of both", deep);
         },
     .turn = "change one label: now a single split helps, and greed finds its way.",
     .commands = "grimoire fit --model tree --data data.csv --target y --out tree.model",
     .code = "src/grimoire/classic/tree_exact.cpp: grow_exact",
     .mistake = "People say that a first split without gain is useless and may be cut; in fact in XOR it is what makes the second one perfect. So grow "
                "first, then prune.",
     .see = "decision-tree: grown this way\ninformation-gain: what it maximises\nboosting: greedy too, one tree at a time",
     .sources = "Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, chapter 3\n"
                "Hyafil and Rivest 1976, Constructing Optimal Binary Decision Trees is NP-complete",
     .ask = "What does the first split of XOR gain? | 0 bits.",
     .more = "Looking two steps ahead costs the square of the work and helps little on most real tables (Murthy and Salzberg 1995); "
             "committees of trees get round bad first choices by making many different ones."},
    {.id = "continuous-split",
     .title = "Split of a number",
     .names = "thresholds\nreused feature\nnumeric split",
     .what = "How a tree asks about a number: is it at most t? The same column may be asked again further down with another t.",
     .picture = "Sorting apples by size with one sieve after another.",
     .formula = "x <= t,   t halfway between two neighbouring values",
     .symbols = "x: the column\nt: the threshold with the largest gain",
     .inputs = "x = 1,2,8,9: the column\nlabels = a a b b: the classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 2, 100);
           const DecisionTree tree = grown(labelled(column_of(x), labels_for(in, "labels", x.size())), 1);
           if (tree.node_count() < 2) in.refuse("x", "at least two different values");
           std::vector<double> sorted = x;
           std::ranges::sort(sorted);
           sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
           out.step(str("{} different values leave {} thresholds to try", sorted.size(), sorted.size() - 1));
           out.step(str("entropy before {:.6g}, after the best {:.6g}", tree.impurity()[0], tree.report().objective));
           out.answer("threshold", tree.nodes().threshold(0));
           out.answer("gain in bits", bits_won(tree));
         },
     .turn = "make the labels a b a b: one threshold gains little, and the tree has to ask this column three times.",
     .commands = "grimoire fit --model tree --data data.csv --target y --out tree.model",
     .code = "src/grimoire/classic/tree_exact.cpp: grow_exact",
     .mistake = "People say that columns must be scaled for a tree; in fact only the order of the values counts: logarithms or other units give the same "
                "partition of the training rows.",
     .see = "decision-tree: the whole\ninformation-gain: how thresholds are compared\ngreedy: one at a time",
     .sources = "Quinlan 1993, C4.5: Programs for Machine Learning\nFayyad and Irani 1992, On the Handling of Continuous-Valued Attributes",
     .ask = "How many thresholds are worth trying for a column with 10 different values? | 9.",
     .more = "Only thresholds between neighbours of different classes can be best (Fayyad and Irani). Where one value stands for several rows, t still lies "
             "between "
             "two different values, so equal rows never part."},
    {.id = "purity",
     .title = "Purity",
     .names = "purity function",
     .what = "How much a group of rows is of one kind: highest when all share a class, lowest when the classes are even.",
     .picture = "A drawer of socks: all black is as pure as it gets, half and half is as mixed as it gets.",
     .formula = "purity(p) = sum_k p_k log2 p_k,   0 log 0 = 0",
     .symbols = "p_k: share of class k; together 1\npurity: from -log2 of the number of classes up to 0",
     .inputs = "p = 1,0: one group's shares\nq = 0.5,0.5: another's",
     .compute =
         [](const Inputs& in, Worked& out) {
           for (const char* name : {"p", "q"}) {
             const std::vector<double> p = in.probabilities(name);
             const double purity = 0 - bits(p);
             out.step(str("({}): {:.6g}, between {:.6g} (even) and 0 (pure)", list_of(p), purity, -std::log2(static_cast<double>(p.size()))));
             out.answer(str("purity of {}", name), purity);
           }
         },
     .turn = "swap the shares of a group: nothing changes, only the mixture counts.",
     .commands = "grimoire stats entropy --x .5,.5",
     .code = "src/grimoire/stats/information.cpp: entropy",
     .mistake = "People say that the terms of the classes are multiplied; in fact they are added. A product would call (.5, .5, 0) as pure as can be, "
                "because one factor is 0.",
     .see = "impurity: the same, turned round\nentropy: where it comes from\ninformation-gain: purity won by a split",
     .sources = "Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, chapter 2",
     .ask = "What is the purity of a group of one class only? | 0, the highest there is.",
     .more = "Three demands: largest where one class has everything, smallest where all are even, and blind to the order of the classes. Several functions "
             "meet them: "
             "minus the entropy, sum p^2 (Gini) and the largest p. The first two are strictly convex, so any split that changes the shares wins something."},
    {.id = "impurity",
     .title = "Impurity",
     .names = "entropy of a node\nnode impurity\nGini impurity\n\nGini\nGini index",
     .what = "How mixed the classes in a node of a tree are. Growing the tree means driving it down.",
     .picture = "Gravel in the sugar: none is 0, and it cannot get worse than as much of one as of the other.",
     .formula = "H(p) = -sum_k p_k log2 p_k = -purity(p)",
     .symbols = "p_k: share of class k in the node; together 1\nH: in bits, from 0 to log2 of the number of classes",
     .inputs = "p = 0.8,0.2: shares of the classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.probabilities("p");
           std::string terms;
           double squares = 0;
           for (double v : p) {
             if (v > 0 && terms.size() < 60) terms += str("{}{:.6g} x {:.6g}", terms.empty() ? "" : " + ", v, -std::log2(v));
             squares += v * v;
           }
           out.step(terms + " = " + str("{:.8g}", bits(p)));
           out.answer("entropy in bits", bits(p));
           out.answer("Gini: 1 - sum p^2", 1 - squares);
           out.answer("error of guessing the largest class", 1 - *std::ranges::max_element(p));
         },
     .turn = "go from .8 towards .5: all three rise and agree on where the top is.",
     .commands = "grimoire fit --model tree --data data.csv --target y --out tree.model\ngrimoire stats entropy --x .8,.2",
     .code = "src/grimoire/classic/tree_scan.h\nsrc/grimoire/stats/information.cpp: entropy",
     .mistake = "People say that Gini and entropy give quite different trees; in fact they choose the same split nearly always. The plain error rate is the "
                "odd one: it often sees no gain at all.",
     .see = "entropy: the same in general\npurity: minus this\ninformation-gain: its fall in a split",
     .sources = "Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, chapter 4\n"
                "Raileanu and Stoffel 2004, Theoretical Comparison between the Gini Index and Information Gain Criteria",
     .ask = "What is the entropy of a node with 4 rows of each of two classes? | 1 bit.",
     .more = "Why not the error rate: 40 and 40 rows split into (30, 10) and (10, 30), or into (20, 40) and (20, 0), have the same error, 1/4. "
             "The second leaves a pure part, and entropy and Gini say so, because they are strictly concave."},
    {.id = "information-gain",
     .title = "Information gain",
     .names = "weighted average after a split",
     .what = "How much a question tells about the class: the uncertainty before it minus what is left on average after it.",
     .picture = "Asking \"is it raining?\" before packing: a good question is one whose answer changes what you do.",
     .formula = "gain = H(all) - sum_part n_part / n H(part)",
     .symbols = "H: entropy in bits\nn_part: rows in a part\nn: rows in all",
     .inputs = "parts = 4,1;0,3: counts of the classes in each part",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix parts = counts_of(in, "parts");
           const Split s = split_into(parts);
           double n = 0;
           for (const auto& part : parts) n += sum_of(part);
           for (size_t i = 0; i < parts.size() && i < 4; ++i)
             out.step(str("part ({}): weight {:.6g}/{:.6g}, entropy {:.8g}", list_of(parts[i]), sum_of(parts[i]), n, bits(parts[i])));
           out.step(str("before {:.8g}, after {:.8g}", s.before, s.after));
           out.answer("entropy left, weighted", s.after);
           out.answer("gain in bits", s.gain());
         },
     .turn = "make both parts alike, 2,2;2,2: the question tells nothing and the gain is 0.",
     .commands = "grimoire fit --model tree --data data.csv --target y --out tree.model",
     .code = "src/grimoire/classic/tree_exact.cpp: grow_exact",
     .mistake = "People say that the entropies of the parts are simply averaged; in fact each counts by its rows. A pure part of one row is worth little.",
     .see = "impurity: what falls\nentropy: the measure\ndecision-tree: where it chooses",
     .sources = "Quinlan 1986, Induction of Decision Trees, section 4",
     .ask = "A split of 4 and 4 rows leaves two pure parts. What is the gain? | 1 bit.",
     .more = "It is the mutual information of the answer and the class, so it is never negative. It favours questions with many answers: a row number as a "
             "column "
             "gains everything and predicts nothing. Quinlan's gain ratio divides by the entropy of the answers themselves; CART asks questions with two "
             "answers only."},
    {.id = "random-forest",
     .title = "Random forest",
     .names = "forest",
     .what = "Lets many different trees vote, so that their mistakes cancel while what they agree on stays. Each tree sees its own draw of the rows, and "
             "each node its own draw of the columns.",
     .picture = "Guessing the weight of an ox at a fair: the crowd is close, as long as people do not copy from each other.",
     .formula = "P(majority errs) = sum_(j > n/2) C(n,j) e^j (1-e)^(n-j)",
     .symbols = "n: voters, an odd number, independent of each other\ne: error of each\nj: how many of them err",
     .inputs = "n = 25: voters\ne = 0.35: error of each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 9999);
           if (n % 2 == 0) in.refuse("n", "an odd number, so that no vote is a tie");
           const double e = in.probability("e");
           const auto wrong = stats::make_distribution("binomial", {{"n", static_cast<double>(n)}, {"p", e}});
           out.step(str("the majority errs when {} or more of {} err", n / 2 + 1, n));
           out.answer("error of the majority", wrong->sf(static_cast<double>(n / 2)));
           Bars bars{"error of 1, 5, 25 voters", {}, {}};
           for (int64_t voters : {int64_t{1}, int64_t{5}, int64_t{25}}) {
             bars.labels.push_back(str("{}", voters));
             bars.values.push_back(stats::make_distribution("binomial", {{"n", static_cast<double>(voters)}, {"p", e}})->sf(static_cast<double>(voters / 2)));
           }
           if (e > 1e-6) out.show(std::move(bars));
         },
     .turn = "set e to .55: voters worse than chance get worse together.",
     .commands = "grimoire fit --model forest --data data.csv --target y --out forest.model",
     .code = "src/grimoire/classic/forest.cpp: Forest",
     .mistake = "People say that more trees overfit; in fact more trees only steady the vote, and the error settles. What limits a forest is that its trees "
                "err together.",
     .see = "decision-tree: one voter\nboosting: trees that mend each other\nvariance: what the vote lowers",
     .sources = "Breiman 2001, Random Forests, theorem 1.2 and section 2\n"
                "Biau, Devroye and Lugosi 2008, Consistency of Random Forests and Other Averaging Classifiers",
     .ask = "What makes the trees of a forest differ? | Each sees its own draw of the rows, and each node its own draw of the columns.",
     .more = "Trees grown on one table are not independent: with variance s^2 and correlation r the mean of n has r s^2 + (1 - r) s^2 / n, and only the "
             "second part falls with n. "
             "Drawing rows with replacement and a few columns at each node lowers r; without the draw of columns they are bagged trees. Some forests "
             "are consistent for every distribution; one form that "
             "Breiman proposed is not (Biau and others 2008). "
             "Grimoire averages the trees' class shares rather than counting votes."},
    {.id = "boosting",
     .title = "Boosting",
     .names = "AdaBoost\nadaptive boosting",
     .what = "Builds a strong learner from weak ones in a row: each new one works on what the others got wrong.",
     .picture = "A pupil who repeats just the exercises that went wrong. It breaks where the answer key is wrong: he then learns its misprints.",
     .formula = "a = ln((1 - e) / e) / 2,   weights of wrong rows x e^a, of right ones x e^-a",
     .symbols = "e: weighted error of this learner, between 0 and 1\na: its say in the final vote",
     .inputs = "e = 0.3: weighted error",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double e = in.number("e", 1e-9, 1 - 1e-9), a = std::log((1 - e) / e) / 2;
           const double wrong = e * std::exp(a), right = (1 - e) * std::exp(-a);
           out.step(str("(1 - e) / e = {:.8g}, ln = {:.8g}, half of it {:.8g}", (1 - e) / e, 2 * a, a));
           out.step(str("wrong rows now weigh {:.6g} x {:.6g} = {:.6g}, right ones {:.6g}", e, std::exp(a), wrong, right));
           out.step("both halves are equal: for the next learner this one is as good as a coin");
           out.answer("say of the learner", a);
           out.answer("factor on the training bound", wrong + right);
         },
     .turn = "set e to .5: a coin gets no say. Beyond .5 its say is negative: do the opposite.",
     .commands = "grimoire fit --model adaboost --data data.csv --target y --out ada.model\n"
                 "grimoire fit --model boosting --data data.csv --target y --out gbm.model",
     .code = "src/grimoire/classic/adaboost.cpp: AdaBoost\nsrc/grimoire/classic/boosting_fit.cpp: gradient boosting",
     .mistake = "People say that boosting cannot overfit; in fact it can, above all where labels are wrong, since those rows get ever more weight. Stop "
                "early.",
     .see = "random-forest: trees side by side\ndecision-tree: the weak learner\ngreedy: one step at a time",
     .sources = "Freund and Schapire 1997, A Decision-Theoretic Generalization of On-Line Learning\nFriedman 2001, Greedy Function Approximation\n"
                "Bartlett and Traskin 2007, AdaBoost is Consistent: if it stops in time",
     .ask = "What say does a learner with error .5 get? | None: ln 1 = 0.",
     .more = "Each round multiplies an upper bound on the training error by 2 sqrt(e (1 - e)), which is below 1 for any e but .5. AdaBoost is the same as "
             "fitting the sum "
             "of learners to the exponential loss step by step. Grimoire uses SAMME, which drops the half and adds ln(K - 1) for K classes: for two classes "
             "every say doubles, "
             "and no vote changes."},
    {.id = "accuracy",
     .title = "Accuracy",
     .names = "share of right answers\n\nerror rate",
     .what = "The share of cases that a classifier gets right. Easy to say, and misleading as soon as one class is rare.",
     .picture = "A smoke alarm that never sounds is right on nearly every day of the year. It breaks where all classes are about equally common and dear.",
     .formula = "accuracy = right answers / cases,   error rate = 1 - accuracy",
     .symbols = "right: predicted = true class",
     .inputs = "y = 0,0,0,0,0,0,0,0,1,1: true classes, from 0\npredicted = 0,0,0,0,0,0,0,0,0,0: what a classifier said",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> y = in.numbers("y", 0, 9), said = in.numbers("predicted", 0, 9, y.size(), y.size());
           for (const auto& [name, classes] : {std::pair{"y", &y}, std::pair{"predicted", &said}})
             if (std::ranges::any_of(*classes, [](double c) { return c != std::floor(c); })) in.refuse(name, "whole numbers from 0 to 9");
           const std::vector<double> confusion = confusion_matrix(y, said, 10);
           double commonest = 0;
           for (size_t c = 0; c < 10; ++c) {
             const auto cases = static_cast<double>(std::ranges::count(y, static_cast<double>(c)));
             if (cases > 0 && out.steps().size() < 4) out.step(str("class {}: {:.0f} of {:.0f} found", c, confusion[c * 11], cases));
             commonest = std::max(commonest, cases / static_cast<double>(y.size()));
           }
           out.answer("accuracy", accuracy(y, said));
           out.answer("always naming the commonest class", commonest);
           out.answer("balanced accuracy, the mean over classes", balanced_accuracy(confusion, 10));
         },
     .turn = "let the last answer be 1: the accuracy rises by a tenth, the balanced one by a quarter.",
     .commands = "grimoire validate --model knn --data data.csv --target y",
     .code = "src/grimoire/metric/classification.cpp: accuracy, balanced_accuracy",
     .mistake = "People say that 99 % is a good accuracy; in fact it says nothing until one knows what the commonest class alone would give.",
     .see = "base-rate: what to compare it with\nasymmetric-error: when mistakes differ in price\ntrain-vs-test: on which rows\n"
            "precision: when one class counts",
     .sources = "Provost, Fawcett and Kohavi 1998, The Case Against Accuracy Estimation for Comparing Induction Algorithms\n"
                "Brodersen, Ong, Stephan and Buhmann 2010, The Balanced Accuracy and Its Posterior Distribution",
     .ask = "95 of 100 mails are no spam. What accuracy has a filter that lets all through? | 95 %.",
     .more = "Accuracy is 1 minus the empirical risk under 0-1 loss. It jumps when a single case changes sides, so it cannot be trained on by slopes: one "
             "trains on cross-entropy and reports accuracy beside it. Measured on n independent cases it has a standard deviation of sqrt(a (1 - a) / n): "
             "with 400 cases and 90 % that is 1.5 points, and smaller differences between two models may be chance."},
};

}  // namespace

const Family kCls = {"cls", "Classical learners", kConcepts};

}  // namespace grim::learn
