// Runs scenario files, or all of a folder, and tells the outcome as TAP.

#include "scenario.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

namespace {

/// A file, or all scenarios of a folder: none can be forgotten.
std::vector<std::string> files_of(int argc, char** argv) {
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
            if (entry.path().extension() == ".scn") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> files = files_of(argc, argv);
    std::printf("1..%zu\n", files.size());
    std::size_t number = 0, failed = 0;
    for (const std::string& file : files) {
        const std::string outcome = run_scenario(file);
        const std::string name = std::filesystem::path(file).stem().string();
        std::printf("%s %zu - %s\n", outcome.empty() ? "ok" : "not ok", ++number, name.c_str());
        if (outcome.empty()) continue;
        std::printf("# %s: %s\n", name.c_str(), outcome.c_str());
        ++failed;
    }
    return failed == 0 && !files.empty() ? 0 : 1;
}
