// The raw logits of a trained model, for comparison with other programs that read its checkpoint
// (tools/golden/check_transformers.py).
//
//   print_logits FOLDER id id id ...     one line of JSON: for each place the V logits, or one row for a model that reads windows

#include <cstdio>
#include <string>

#include "grimoire/autograd/tape.h"
#include "grimoire/hub/trained_model.h"

namespace grim {
namespace {

Json rows_of(const Tensor& logits, int64_t V) {  // (..., V)
  const std::vector<double> values = logits.to_vector<double>();
  Json rows = Json::array();
  for (auto row = values.begin(); row != values.end(); row += V) rows.push(Json::array_of(std::vector<double>(row, row + V)));
  return rows;
}

int run(const std::string& folder, const std::vector<int64_t>& ids) {
  const TrainedModel trained = load_trained(folder);
  const NoGrad no_grad;
  Pass pass = Pass::evaluation();
  const Tensor logits = trained.model->logits(Tensor::from(ids, {1, static_cast<int64_t>(ids.size())}), pass);
  std::printf("%s\n", Json::object({{"checkpoint", trained.path}, {"logits", rows_of(logits, trained.model->vocabulary())}}).dump().c_str());
  return 0;
}

}  // namespace
}  // namespace grim

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: print_logits FOLDER id id id ...\n");
    return 2;
  }
  try {
    std::vector<int64_t> ids;
    for (int i = 2; i < argc; ++i) ids.push_back(std::stoll(argv[i]));
    return grim::run(argv[1], ids);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
