// FileOps for fault tests: counts every operation that changes the disk, fails the N-th (once or for ever), and keeps a
// journal from which the states that a power cut could leave are rebuilt. Counts the bytes that are read, too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim::test {

struct Operation {
  enum class Kind { create, write, sync, rename, remove, sync_dir, make_dir } kind;
  std::string path, other;  // other: rename's target, write's bytes
};

class FaultFiles final : public FileOps {
 public:
  int64_t fail_at = -1;       // number of the operation that fails; -1: none
  bool for_ever = false;      // and all after it
  std::vector<Operation> journal;
  int64_t count = 0, bytes_read = 0;

  std::unique_ptr<InFile> open(const std::string& p) override { return std::make_unique<In>(*this, p); }
  std::unique_ptr<OutFile> append(const std::string& p) override { return posix_files().append(p); }
  std::unique_ptr<OutFile> create(const std::string& p) override {
    step({Operation::Kind::create, p, ""});
    return std::make_unique<Out>(*this, p);
  }
  void rename(const std::string& from, const std::string& to) override {
    step({Operation::Kind::rename, from, to});
    posix_files().rename(from, to);
  }
  void remove(const std::string& p) override {
    step({Operation::Kind::remove, p, ""});
    posix_files().remove(p);
  }
  void sync_dir(const std::string& p) override {
    step({Operation::Kind::sync_dir, p, ""});
    posix_files().sync_dir(p);
  }
  void make_dirs(const std::string& p) override {
    if (posix_files().kind(p) == FileKind::folder) return;
    step({Operation::Kind::make_dir, p, ""});
    posix_files().make_dirs(p);
  }
  FileKind kind(const std::string& p) override { return posix_files().kind(p); }
  std::vector<std::string> list(const std::string& p) override { return posix_files().list(p); }
  int64_t free_space(const std::string& p) override { return posix_files().free_space(p); }

 private:
  class In final : public InFile {
   public:
    In(FaultFiles& ops, const std::string& path) : ops_(ops), file_(posix_files().open(path)) {}
    int64_t size() override { return file_->size(); }
    void read_at(int64_t offset, char* to, size_t bytes) override {
      ops_.bytes_read += static_cast<int64_t>(bytes);
      file_->read_at(offset, to, bytes);
    }

   private:
    FaultFiles& ops_;
    std::unique_ptr<InFile> file_;
  };
  class Out final : public OutFile {
   public:
    Out(FaultFiles& ops, const std::string& path) : ops_(ops), path_(path), file_(posix_files().create(path)) {}
    void write(std::string_view bytes) override {
      const bool fails = ops_.fails_next();
      if (fails) file_->write(bytes.substr(0, bytes.size() / 2));  // a full disk takes a part
      ops_.step({Operation::Kind::write, path_, std::string(bytes)});
      file_->write(bytes);
    }
    void sync() override {
      ops_.step({Operation::Kind::sync, path_, ""});
      file_->sync();
    }
    void close() override { file_->close(); }

   private:
    FaultFiles& ops_;
    std::string path_;
    std::unique_ptr<OutFile> file_;
  };

  bool fails_next() const { return fail_at >= 0 && (count == fail_at || (for_ever && count > fail_at)); }
  void step(Operation op) {
    const bool fails = fails_next();
    ++count;
    if (fails) fail(ErrorKind::resource, "file", str("injected fault at operation {}", count - 1));
    journal.push_back(std::move(op));
  }
};

// A disk that forgets: applies journal entries, and at the power cut keeps of every file its synced bytes and some part
// of the rest, and of every folder its synced names and the first few of the changes since.
class ForgetfulDisk {
 public:
  // `root` and what is in it is durable.
  explicit ForgetfulDisk(const std::string& root) { load(root); }

  void apply(const Operation& op) {
    using Kind = Operation::Kind;
    switch (op.kind) {
      case Kind::create: {
        const size_t node = new_node(false);
        change(parent_folder(op.path), {file_name(op.path), "", node});
        break;
      }
      case Kind::write: nodes_[find(op.path)].pending.push_back(op.other); break;
      case Kind::sync: {
        Node& n = nodes_[find(op.path)];
        for (const std::string& part : n.pending) n.bytes += part;
        n.pending.clear();
        break;
      }
      case Kind::make_dir: change(parent_folder(op.path), {file_name(op.path), "", new_node(true)}); break;
      case Kind::remove: change(parent_folder(op.path), {"", file_name(op.path), 0}); break;
      case Kind::rename:
        change(parent_folder(op.path), {file_name(op.other), file_name(op.path), find(op.path)});
        break;
      case Kind::sync_dir: {
        Node& n = nodes_[find(op.path)];
        n.names = now(n);
        n.changes.clear();
        break;
      }
    }
  }

  // Writes what the cut left into `target`; chance(n) gives 0 .. n-1.
  template <class Chance> void cut_into(const std::string& target, Chance chance) const { cut(0, target, chance); }

 private:
  struct Change {  // `gone` disappears and `name` leads to `node` from now on, both at once
    std::string name, gone;
    size_t node;
  };
  struct Node {
    bool folder = false;
    std::string bytes;                 // durable
    std::vector<std::string> pending;  // written, not synced
    std::map<std::string, size_t> names;  // durable
    std::vector<Change> changes;
  };

  static void apply_to(std::map<std::string, size_t>& names, const Change& c) {
    if (!c.gone.empty()) names.erase(c.gone);
    if (!c.name.empty()) names[c.name] = c.node;
  }
  static std::map<std::string, size_t> now(const Node& n) {
    std::map<std::string, size_t> names = n.names;
    for (const Change& c : n.changes) apply_to(names, c);
    return names;
  }
  size_t new_node(bool folder) {
    nodes_.push_back({});
    nodes_.back().folder = folder;
    return nodes_.size() - 1;
  }
  void change(const std::string& folder, Change c) { nodes_[find(folder)].changes.push_back(std::move(c)); }
  size_t find(const std::string& path) const {
    size_t node = 0;
    for (size_t at = root_.size() + 1; at < path.size();) {
      const size_t end = std::min(path.find('/', at), path.size());
      node = now(nodes_[node]).at(path.substr(at, end - at));
      at = end + 1;
    }
    return node;
  }
  size_t load(const std::string& path) {
    if (nodes_.empty()) root_ = path;
    const size_t node = new_node(true);
    for (const std::string& name : posix_files().list(path)) {
      const std::string child = join_path(path, name);
      size_t made;
      if (posix_files().kind(child) == FileKind::folder) {
        made = load(child);
      } else {
        made = new_node(false);
        nodes_[made].bytes = read_file(child);
      }
      nodes_[node].names[name] = made;
    }
    return node;
  }

  template <class Chance> void cut(size_t node, const std::string& path, Chance chance) const {
    const Node& n = nodes_[node];
    if (!n.folder) {
      std::string bytes = n.bytes, rest;
      for (const std::string& part : n.pending) rest += part;
      switch (chance(4)) {  // of the unsynced part: nothing, a beginning, a beginning and zeros, all
        case 0: break;
        case 1: bytes += rest.substr(0, chance(rest.size() + 1)); break;
        case 2: {
          const size_t kept = chance(rest.size() + 1);
          bytes += rest.substr(0, kept) + std::string(rest.size() - kept, '\0');
          break;
        }
        default: bytes += rest;
      }
      const std::unique_ptr<OutFile> file = posix_files().create(path);
      file->write(bytes);
      return;
    }
    posix_files().make_dirs(path);
    std::map<std::string, size_t> names = n.names;
    const size_t kept = chance(n.changes.size() + 1);
    for (size_t i = 0; i < kept; ++i) apply_to(names, n.changes[i]);
    for (const auto& [name, child] : names) cut(child, join_path(path, name), chance);
  }

  std::string root_;
  std::vector<Node> nodes_;
};

}  // namespace grim::test
