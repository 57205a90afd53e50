#include "grimoire/hub/average.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/io/checkpoint.h"

namespace grim {
namespace {

using Weights = std::vector<std::unique_ptr<TensorFile>>;

void check_alike(const TensorFile& first, const TensorFile& other) {
  for (const TensorEntry& e : first.entries()) {
    const TensorEntry* const same = other.find(e.name);
    GRIM_CHECK(same && same->shape == e.shape, input, "average", "{}: '{}' {}, expected {} as in {}", other.path(), e.name,
               same ? str("has the shape {}", same->shape) : "is missing", e.shape, first.path());
  }
  GRIM_CHECK(first.entries().size() == other.entries().size(), input, "average", "{} has {} tensors and {} has {}: expected one shape", first.path(),
             first.entries().size(), other.path(), other.entries().size());
}

// Of floating-point numbers; what counts or numbers something is that of the first.
Tensor mean_of(const Weights& all, const TensorEntry& e) {
  const Tensor first = all[0]->read(e);
  if (!is_float(first.dtype())) return first;
  std::vector<double> sum(static_cast<size_t>(first.numel()));
  for (const auto& weights : all) {
    const std::vector<float> own = weights->read(e.name).to_vector<float>();
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(own[i]);
  }
  const Tensor mean = Tensor::empty(first.shape());
  for (size_t i = 0; i < sum.size(); ++i) mean.data<float>()[i] = static_cast<float>(sum[i] / static_cast<double>(all.size()));
  return mean;
}

}  // namespace

void average_models(std::span<const std::string> folders, const std::string& to) {
  GRIM_CHECK(folders.size() > 1, argument, "average", "got {} model, expected two or more", folders.size());
  check_new_folder(to, "average");
  const ModelFolder opened = open_model_folder(folders[0]);
  Weights all;
  for (const std::string& folder : folders) all.push_back(open_weights(folder));
  for (const auto& other : all) check_alike(*all[0], *other);
  std::vector<NamedTensor> means;
  for (const TensorEntry& e : all[0]->entries()) means.push_back({e.name, mean_of(all, e)});
  opened.model->load(means, to);
  write_new_folder(to, model_files(*opened.model, opened.tokenizer.get()));
}

std::vector<std::string> checkpoints_in(const std::string& run, int64_t last) {
  const std::string folder = join_path(run, "checkpoints");
  std::vector<std::pair<int64_t, std::string>> found;
  if (files().kind(folder) == FileKind::folder)
    for (const std::string& name : files().list(folder))
      if (const size_t at = name.rfind('-'); at != name.npos && name.find_first_not_of("0123456789", at + 1) == name.npos && at + 1 < name.size()) {
        verify_checkpoint(join_path(folder, name), Verify::sizes);
        found.emplace_back(std::stoll(name.substr(at + 1)), join_path(folder, name));
      }
  GRIM_CHECK(!found.empty(), input, "average", "{}: the run holds no checkpoint", run);
  std::ranges::sort(found);
  if (last > 0 && std::ssize(found) > last) found.erase(found.begin(), found.end() - last);
  std::vector<std::string> paths;
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace grim
