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
  std::unique_ptr<Estimator> (*make)();
};
template <class T> std::unique_ptr<Estimator> make() { return std::make_unique<T>(); }

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      {"calibrated", make<Calibrated>},
      {"encoder", make<Encoder>},
      {"imputer", make<Imputer>},
      {"dbscan", make<Dbscan>},
      {"k-means", make<KMeans>},
      {"kde", make<KernelDensity>},
      {"knn", make<Knn>},
      {"knn-clusters", make<NeighbourClusters>},
      {"knn-density", make<NeighbourDensity>},
      {"lof", make<LocalOutlierFactor>},
      {"pca", make<PrincipalComponents>},
      {"pipeline", make<Pipeline>},
      {"scaler", make<Scaler>},
      {"linear", make<LinearRegression>},
      {"ridge", make<Ridge>},
      {"lasso", make<Lasso>},
      {"elastic-net", make<ElasticNet>},
      {"logistic", make<Logistic>},
      {"svc", make<Svc>},
      {"nu-svc", make<NuSvc>},
      {"svr", make<Svr>},
      {"nu-svr", make<NuSvr>},
      {"one-class", make<OneClassSvm>},
      {"linear-svc", make<LinearSvc>},
      {"naive-bayes", make<NaiveBayes>},
      {"tree", make<DecisionTree>},
      {"forest", make<RandomForest>},
      {"extra-trees", make<ExtraTrees>},
      {"boosting", make<Boosting>},
      {"adaboost", make<AdaBoost>},
  };
  return all;
}

}  // namespace

std::unique_ptr<Estimator> make_estimator(const std::string& name) {
  for (const Entry& e : entries())
    if (name == e.name) return e.make();
  const std::vector<std::string> names = estimator_names();
  throw Error(ErrorKind::usage, str("no learner is called '{}'", name), did_you_mean(name, names, "the learners: " + joined(names)));
}

std::vector<std::string> estimator_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries()) names.push_back(e.name);
  return names;
}

}  // namespace grim
