// The learners by name. A new one adds its header and a line.
#include "grimoire/classic/estimator.h"

#include "grimoire/base/error.h"
#include "grimoire/classic/adaboost.h"
#include "grimoire/classic/boosting.h"
#include "grimoire/classic/forest.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/knn.h"
#include "grimoire/classic/kmeans.h"
#include "grimoire/classic/density.h"
#include "grimoire/classic/pca.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/linear_svm.h"
#include "grimoire/classic/logistic.h"
#include "grimoire/classic/naive_bayes.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/classic/svm.h"
#include "grimoire/classic/tree.h"

namespace grim {
namespace {

struct Entry {
  const char* name;
  const char* summary;
  std::unique_ptr<Estimator> (*make)();
};
template <class T> std::unique_ptr<Estimator> make() { return std::make_unique<T>(); }

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      {"calibrated", "honest probabilities around a classifier, from held-back rows", make<Calibrated>},
      {"encoder", "categories into numbers", make<Encoder>},
      {"imputer", "missing values filled in", make<Imputer>},
      {"dbscan", "clusters of dense places, and noise", make<Dbscan>},
      {"k-means", "k clusters about their means", make<KMeans>},
      {"kde", "density of the rows by kernels", make<KernelDensity>},
      {"knn", "classes or numbers of the k nearest rows", make<Knn>},
      {"knn-clusters", "clusters by what lies between neighbours", make<NeighbourClusters>},
      {"knn-density", "density from the distance to the k-th neighbour", make<NeighbourDensity>},
      {"lof", "outliers: less dense a place than the neighbours' places", make<LocalOutlierFactor>},
      {"pca", "directions of greatest variance as columns", make<PrincipalComponents>},
      {"pipeline", "steps, then a learner, fitted as one", make<Pipeline>},
      {"scaler", "columns to one scale", make<Scaler>},
      {"linear", "least squares", make<LinearRegression>},
      {"ridge", "least squares with an l2 penalty", make<Ridge>},
      {"lasso", "least squares with an l1 penalty", make<Lasso>},
      {"elastic-net", "least squares with both penalties", make<ElasticNet>},
      {"logistic", "logistic regression of two or more classes", make<Logistic>},
      {"svc", "support vector machine for classes", make<Svc>},
      {"nu-svc", "support vector machine with a bound on the rows on the wrong side", make<NuSvc>},
      {"svr", "support vector machine for numbers", make<Svr>},
      {"nu-svr", "support vector machine with a bound on the rows outside the tube", make<NuSvr>},
      {"one-class", "outliers: support vector machine of one class", make<OneClassSvm>},
      {"linear-svc", "linear support vector machine, for many rows or columns", make<LinearSvc>},
      {"naive-bayes", "columns independent within a class", make<NaiveBayes>},
      {"tree", "one decision tree", make<DecisionTree>},
      {"forest", "mean of many deep trees on drawn rows", make<RandomForest>},
      {"extra-trees", "mean of many trees with drawn thresholds", make<ExtraTrees>},
      {"boosting", "trees added up along the gradient of a loss", make<Boosting>},
      {"adaboost", "small trees that vote, on rows weighted by errors", make<AdaBoost>},
  };
  return all;
}

const Entry& entry_named(const std::string& name) {
  for (const Entry& e : entries())
    if (name == e.name) return e;
  const std::vector<std::string> names = estimator_names();
  throw Error(ErrorKind::usage, str("no learner is called '{}'", name), did_you_mean(name, names, "the learners: " + joined(names)));
}

}  // namespace

std::unique_ptr<Estimator> make_estimator(const std::string& name) { return entry_named(name).make(); }

std::string estimator_summary(const std::string& name) { return entry_named(name).summary; }

std::vector<std::string> estimator_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries()) names.push_back(e.name);
  return names;
}

}  // namespace grim
