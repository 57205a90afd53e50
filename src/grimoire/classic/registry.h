// The learners by name. A new one adds its header and a line, here and nowhere else.
#pragma once

#include "grimoire/base/setting_words.h"
#include "grimoire/classic/adaboost.h"
#include "grimoire/classic/boosting.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/density.h"
#include "grimoire/classic/discriminant.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/forest.h"
#include "grimoire/classic/kmeans.h"
#include "grimoire/classic/knn.h"
#include "grimoire/classic/linear_svm.h"
#include "grimoire/classic/logistic.h"
#include "grimoire/classic/naive_bayes.h"
#include "grimoire/classic/pca.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/classic/svm.h"
#include "grimoire/classic/tree.h"

namespace grim {

struct LearnerEntry {
  const char* name = "";
  const char* summary = "";  // a few words
  std::unique_ptr<Estimator> (*make)() = nullptr;
  bool minds_scale = false;  // it measures distances, or penalises weights: large columns come first
  const char* simpler = "fewer columns";  // what makes it simpler, in its own parameters
};
template <class T> std::unique_ptr<Estimator> make_learner() { return std::make_unique<T>(); }

inline constexpr const char* kStrongerC = "a smaller C (a stronger penalty), fewer columns";
inline constexpr const char* kStrongerAlpha = "a larger alpha (a stronger penalty), fewer columns";
inline constexpr const char* kLargerLeaves = "larger min-samples-leaf, fewer columns";
inline constexpr const char* kFewerRounds = "fewer rounds, shallower trees";

inline constexpr LearnerEntry kLearners[] = {
    {"calibrated", "honest probabilities around a classifier, from held-back rows", make_learner<Calibrated>},
    {"encoder", "categories into numbers", make_learner<Encoder>},
    {"imputer", "missing values filled in", make_learner<Imputer>},
    {"dbscan", "clusters of dense places, and noise", make_learner<Dbscan>},
    {"k-means", "k clusters about their means", make_learner<KMeans>},
    {"kde", "density of the rows by kernels", make_learner<KernelDensity>},
    {"knn", "classes or numbers of the k nearest rows", make_learner<Knn>, true, "a larger k, fewer columns"},
    {"knn-clusters", "clusters by what lies between neighbours", make_learner<NeighbourClusters>},
    {"knn-density", "density from the distance to the k-th neighbour", make_learner<NeighbourDensity>},
    {"lof", "outliers: less dense a place than the neighbours' places", make_learner<LocalOutlierFactor>},
    {"pca", "directions of greatest variance as columns", make_learner<PrincipalComponents>},
    {"pipeline", "steps, then a learner, fitted as one", make_learner<Pipeline>},
    {"scaler", "columns to one scale", make_learner<Scaler>},
    {"linear", "least squares", make_learner<LinearRegression>},
    {"ridge", "least squares with an l2 penalty", make_learner<Ridge>, true, kStrongerAlpha},
    {"lasso", "least squares with an l1 penalty", make_learner<Lasso>, true, kStrongerAlpha},
    {"elastic-net", "least squares with both penalties", make_learner<ElasticNet>, true, kStrongerAlpha},
    {"logistic", "logistic regression of two or more classes", make_learner<Logistic>, true, kStrongerC},
    {"svc", "support vector machine for classes", make_learner<Svc>, true, kStrongerC},
    {"nu-svc", "support vector machine with a bound on the rows on the wrong side", make_learner<NuSvc>, true, kStrongerC},
    {"svr", "support vector machine for numbers", make_learner<Svr>, true, kStrongerC},
    {"nu-svr", "support vector machine with a bound on the rows outside the tube", make_learner<NuSvr>, true, kStrongerC},
    {"one-class", "outliers: support vector machine of one class", make_learner<OneClassSvm>},
    {"linear-svc", "linear support vector machine, for many rows or columns", make_learner<LinearSvc>, true, kStrongerC},
    {"lda", "linear discriminant analysis: normal classes of one covariance", make_learner<Lda>},
    {"qda", "quadratic discriminant analysis: normal classes, each with its own covariance", make_learner<Qda>},
    {"naive-bayes", "columns independent within a class", make_learner<NaiveBayes>},
    {"tree", "one decision tree", make_learner<DecisionTree>, false, GRIM_SETTING("param=max-depth=5") ", or larger min-samples-leaf"},
    {"forest", "mean of many deep trees on drawn rows", make_learner<RandomForest>, false, kLargerLeaves},
    {"extra-trees", "mean of many trees with drawn thresholds", make_learner<ExtraTrees>, false, kLargerLeaves},
    {"boosting", "trees added up along the gradient of a loss", make_learner<Boosting>, false, kFewerRounds},
    {"adaboost", "small trees that vote, on rows weighted by errors", make_learner<AdaBoost>, false, kFewerRounds},
};

const LearnerEntry* learner_entry(std::string_view name);  // null: none of these, as an outside learner

}  // namespace grim
