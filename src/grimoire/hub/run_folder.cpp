#include "grimoire/hub/run_folder.h"

#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/whole_file.h"
#include "grimoire/io/checkpoint.h"

namespace grim {
namespace {

bool holds_onnx(const std::string& folder) {
  return files().kind(folder) == FileKind::folder && std::ranges::any_of(files().list(folder), [](const std::string& name) { return name.ends_with(".onnx"); });
}

}  // namespace

bool is_run_folder(const std::string& folder) { return exists(join_path(folder, "best")) || exists(join_path(folder, "checkpoints")); }

bool holds_run(const std::string& folder) {
  return newest_valid_checkpoint(join_path(folder, "checkpoints")) || newest_valid_checkpoint(join_path(folder, "best"));
}

std::string model_folder_in(const std::string& folder) {
  const FoundCheckpoint best = newest_valid_checkpoint(join_path(folder, "best")), newest = newest_valid_checkpoint(join_path(folder, "checkpoints"));
  if (best) return best.path;
  const std::string whole = newest ? str("{} is whole: give that folder", newest.path) : hint_without_whole(folder);
  if (!best.rejected.empty()) throw Error(ErrorKind::input, str("{}: {}", best.rejected[0].path, best.rejected[0].reason), whole);
  if (newest) return newest.path;
  if (!newest.rejected.empty()) throw Error(ErrorKind::input, str("{}: {}", newest.rejected[0].path, newest.rejected[0].reason), whole);
  if (const std::string file = whole_file_at(folder); !file.empty()) return file;
  if (!holds_weights(folder) && !is_adapter_folder(folder)) {
    const std::string folds = hint_of_folds(folder);
    throw Error(ErrorKind::input, str("'{}' holds no model", folder),
                !folds.empty()        ? folds
                : exists(join_path(folder, "encoder.onnx")) && exists(join_path(folder, "decoder.onnx"))
                    ? str("it holds ONNX, which is not read; of the published flan-t5 a script makes a folder that is: "
                          "python tools/golden/flan_t5.py {0} {0}-f32", folder)
                : holds_onnx(folder)  ? "it holds ONNX, which is not read: expected safetensors, a PyTorch file or GGUF"
                                      : "expected a folder that train wrote, or a checkpoint folder");
  }
  if (exists(join_path(folder, kManifestName))) verify_checkpoint(folder);
  return folder;
}

std::string fold_folder(const std::string& folder, int64_t fold) { return join_path(folder, str("fold-{}", fold)); }

std::string hint_of_folds(const std::string& folder) {
  return exists(join_path(folder, kFoldsFile)) ? str("it holds the runs of several folds: give one of them, as {}", fold_folder(folder, 1)) : "";
}

std::string hint_without_whole(const std::string& run) {
  return str("put the missing or damaged files back from a copy; or remove {} and {}, and grimoire resume {} trains anew", join_path(run, "checkpoints"),
             join_path(run, "best"), run);
}

}  // namespace grim
