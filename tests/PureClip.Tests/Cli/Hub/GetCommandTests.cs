using System.Text.Json;

namespace PureClip.Tests.Cli.Hub;

public sealed class GetCommandTests : IDisposable
{
    private const string Repository = "someone/pictograms";

    private readonly HubHome _home = new();

    public GetCommandTests() => _home.Hub.With(Repository, HubHome.Model);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_model_is_fetched_checked_and_found_by_its_name()
    {
        CommandResult got = _home.Run("get", Repository);

        Assert.Equal(0, got.ExitCode);
        Assert.Contains("6 files, 10.9 MB", got.Error);
        Assert.Contains("Licence: mit", got.Error);
        JsonElement line = got.Lines.Single();
        Assert.Equal(Path.Combine(_home.Models, "someone", "pictograms"), line.GetProperty("path").GetString());
        Assert.Equal(_home.Hub.CommitOf(Repository), line.GetProperty("commit").GetString());
        Assert.Equal(
            [
                "config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "source.json", "tokenizer_config.json",
                "vocab.json",
            ],
            _home.Files.Select(file => file["someone/pictograms/".Length..]));
        CommandResult search = _home.Run("search", "cat", CommandLine.Cat, "--model", Repository);
        Assert.Equal((0, ""), (search.ExitCode, search.Error));
    }

    [Fact]
    public void A_second_get_asks_nobody()
    {
        _home.Run("get", Repository);
        _home.Hub.Forget();
        CommandResult again = _home.Run("get", Repository);

        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        Assert.Equal(0, again.Lines.Single().GetProperty("fetched_bytes").GetInt64());
        _home.Run("get", Repository, "--revision", _home.Hub.CommitOf(Repository));
        Assert.Empty(_home.Hub.Requests);
        _home.Run("get", Repository, "--revision", "main");
        Assert.Single(_home.Hub.Requests);
    }

    [Fact]
    public void A_branch_that_has_moved_is_fetched_again_when_it_is_asked_for()
    {
        _home.Run("get", Repository);
        (string, byte[])[] newer = [.. HubHome.Model, ("added_tokens.json", "{}"u8.ToArray())];
        _home.Hub.With(Repository, newer);
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.DoesNotContain("someone/pictograms/added_tokens.json", _home.Files);
        Assert.Equal(0, _home.Run("get", Repository, "--revision", "main").ExitCode);
        Assert.Contains("someone/pictograms/added_tokens.json", _home.Files);
        Assert.DoesNotContain(_home.Files, file => file.Contains("/.", StringComparison.Ordinal));
    }

    [Fact]
    public void Any_revision_can_be_named()
    {
        _home.Hub.With(Repository + "@refs/pr/1", HubHome.Model);
        _home.Hub.With(Repository, ("README.md", "none"u8.ToArray()));
        Assert.Equal(0, _home.Run("get", Repository, "--revision", "refs/pr/1").ExitCode);
        Assert.Contains(_home.Hub.Requests, request => request.Path.Contains("/revision/refs%2Fpr%2F1?", StringComparison.Ordinal));
        _home.Run("get", Repository, "--revision", "v9", "--force").AssertFails(1, "no such revision", "refs/pr/N");
    }

    [Fact]
    public void The_place_may_be_chosen_and_is_not_replaced_unasked()
    {
        string place = _home.Folder["mine"];
        Assert.Equal(0, _home.Run("get", Repository, "--output", place).ExitCode);
        Assert.Empty(_home.Files);
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", place).ExitCode);

        string other = Path.GetDirectoryName(_home.Folder.Write("other/notes.txt", "mine"u8))!;
        _home.Run("get", Repository, "--output", other).AssertFails(1, other, "something else", "--force");
        Assert.Equal(0, _home.Run("get", Repository, "--output", other, "--force").ExitCode);
        Assert.False(File.Exists(Path.Combine(other, "notes.txt")));
    }

    [Fact]
    public void A_model_that_somebody_put_there_is_accepted()
    {
        foreach ((string path, byte[] content) in HubHome.Model)
            _home.Folder.Write($"home/models/someone/byhand/{path}", content);
        Assert.Equal(0, _home.Run("get", "someone/byhand").ExitCode);
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", "someone/byhand").ExitCode);
        Assert.Empty(_home.Hub.Requests);
    }

    [Fact]
    public void The_cache_of_the_hubs_own_tools_is_used_and_not_fetched_again()
    {
        string snapshot = _home.FillCache(Repository);
        CommandResult got = _home.Run("get", Repository);

        Assert.Equal(0, got.ExitCode);
        Assert.Equal(snapshot, got.Lines.Single().GetProperty("path").GetString());
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", Repository).ExitCode);
        Assert.Equal(0, _home.Run("get", Repository, "--output", _home.Folder["copy"]).ExitCode);
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", _home.Folder["copy"]).ExitCode);
        Assert.Empty(_home.Hub.Requests);
    }

    [Fact]
    public void A_damaged_cache_is_not_used()
    {
        string snapshot = _home.FillCache(Repository), weights = Path.Combine(snapshot, "model.safetensors");
        byte[] content = File.ReadAllBytes(weights);
        content[^1] ^= 1;
        File.WriteAllBytes(new FileInfo(weights).ResolveLinkTarget(true)!.FullName, content);
        CommandResult got = _home.Run("get", Repository);
        Assert.Equal(0, got.ExitCode);
        Assert.Contains("damaged", got.Error);
        Assert.StartsWith(_home.Models, got.Lines.Single().GetProperty("path").GetString());
    }

    [Fact]
    public void Offline_nothing_is_asked()
    {
        _home.Environment["HF_HUB_OFFLINE"] = "yes";
        _home.Run("get", Repository).AssertFails(1, Repository, "HF_HUB_OFFLINE", "--dry-run");
        _home.FillCache(Repository);
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.Empty(_home.Hub.Requests);
    }

    [Fact]
    public void Other_formats_are_converted()
    {
        byte[] weights = TorchFile.Of(HubHome.Model.Single(file => file.Path == "model.safetensors").Content);
        _home.Hub.With("someone/torch", [.. HubHome.Model.Where(file => file.Path != "model.safetensors"), ("pytorch_model.bin", weights)]);
        CommandResult got = _home.Run("get", "someone/torch", "--keep");

        Assert.Equal(0, got.ExitCode);
        Assert.Contains("have to be converted", got.Error);
        Assert.True(got.Lines.Single().GetProperty("converted").GetBoolean());
        Assert.Contains("someone/torch/model.safetensors", _home.Files);
        Assert.Contains("someone/torch/original/pytorch_model.bin", _home.Files);
        Assert.DoesNotContain(_home.Files, file => file.Contains("/.", StringComparison.Ordinal));
        Assert.Equal(
            CommandLine.Run("embed", "--text", "a cat").Lines[0].GetProperty("embedding").GetRawText(),
            _home.Run("embed", "--text", "a cat", "--model", "someone/torch").Lines[0].GetProperty("embedding").GetRawText());
    }

    [Fact]
    public void A_family_that_is_not_read_is_known_before_its_weights_are_fetched()
    {
        _home.Hub.With("someone/blip", ("config.json", """{"model_type": "blip"}"""u8.ToArray()), ("model.safetensors", new byte[100]));
        _home.Run("get", "someone/blip").AssertFails(1, "not read by this version", "blip", "'pureclip models'");
        Assert.DoesNotContain(_home.Hub.Requests, request => request.IsCdn);
        Assert.Empty(_home.Files);
    }

    [Fact]
    public void A_dry_run_fetches_nothing_and_tells_addresses_and_sums()
    {
        CommandResult dry = _home.Run("get", Repository, "--dry-run");
        byte[] weights = HubHome.Model.Single(file => file.Path == "model.safetensors").Content;
        string commit = _home.Hub.CommitOf(Repository), address = $"{_home.Hub.Endpoint}/{Repository}/resolve/{commit}/model.safetensors";

        Assert.Equal((0, ""), (dry.ExitCode, dry.Error));
        Assert.Contains($"curl -fL -C - --create-dirs -o model.safetensors {address}\n", dry.Output);
        Assert.Contains($"sha256sum -c <<'SUMS'\n{FakeHub.Sha256(weights)}  model.safetensors\nSUMS\n", dry.Output);
        JsonElement[] lines = _home.Run("get", Repository, "--dry-run", "--format", "jsonl").Lines;
        Assert.Equal(address, lines[^1].GetProperty("address").GetString());
        Assert.Equal(weights.Length, lines[^1].GetProperty("bytes").GetInt64());
        Assert.Empty(_home.Files);
    }

    [Fact]
    public void Offline_a_dry_run_tells_what_the_table_knows()
    {
        _home.Environment["HF_HUB_OFFLINE"] = "1";
        CommandResult dry = _home.Run("get", "openai-l14", "--dry-run");
        Assert.Equal(0, dry.ExitCode);
        Assert.Contains("a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb  model.safetensors\n", dry.Output);
        Assert.Contains("/openai/clip-vit-large-patch14/resolve/32bd64288804d66eefd0ccbe215aa642df71cc41/vocab.json\n", dry.Output);
        _home.Run("get", Repository, "--dry-run").AssertFails(1, "HF_HUB_OFFLINE");
    }

    [Fact]
    public void Without_room_nothing_is_begun()
    {
        _home.FreeBytes = 5_000_000;
        _home.Run("get", Repository).AssertFails(1, "needs 11 MB", "5 MB are free", "--output", "PURECLIP_HOME");
        Assert.DoesNotContain(_home.Hub.Requests, request => request.IsCdn);
    }

    [Fact]
    public void A_disk_that_gets_full_is_told()
    {
        if (!OperatingSystem.IsLinux())
            return;
        string place = _home.Folder["home/models/someone/.pictograms.part"];
        Directory.CreateDirectory(place);
        byte[] weights = HubHome.Model.Single(file => file.Path == "model.safetensors").Content;
        string part = Path.Combine(place, $"model.safetensors.{FakeHub.Sha256(weights)[..12]}.part");
        File.CreateSymbolicLink(part, "/dev/full"); // takes nothing
        _home.Run("get", Repository).AssertFails(1, "No space left on device");
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
    }

    [Fact]
    public async Task An_interruption_keeps_what_is_there()
    {
        using CancellationTokenSource interrupt = new();
        _home.Hub.Faults = new() { Stall = 6_000_000 };
        Task<CommandResult> running = Task.Run(() => _home.Run(interrupt.Token, "get", Repository));
        Until.True(() => running.IsCompleted || _home.Files.Any(file =>
            file.EndsWith(".part", StringComparison.Ordinal) && new FileInfo(Path.Combine(_home.Models, file)) is { Exists: true, Length: 6_000_000 }));
        await interrupt.CancelAsync();
        CommandResult stopped = await running;
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("the same command goes on from there", stopped.Error);

        _home.Hub.Faults = new();
        _home.Hub.Forget();
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.Contains(_home.Hub.Requests, request => request is { IsCdn: true, Range: "bytes=6000000-" });
        Assert.DoesNotContain(_home.Files, file => file.Contains("/.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_at_once_fetch_once()
    {
        Task<CommandResult> one = Task.Run(() => _home.Run("get", Repository)), other = Task.Run(() => _home.Run("get", Repository));
        Assert.Equal([0, 0], (await Task.WhenAll(one, other)).Select(result => result.ExitCode));
        Assert.Single(_home.Hub.Requests, request => request.IsCdn);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\windows")]
    [InlineData("a/../../b")]
    public void A_name_that_leads_outside_is_refused(string path)
    {
        _home.Hub.With(Repository, [.. HubHome.Model, (path, "x"u8.ToArray())]);
        _home.Run("get", Repository).AssertFails(1, "outside of the model's folder");
        Assert.Empty(_home.Files);
    }

    [Theory]
    [InlineData("opnai-b32", "Did you mean openai-b32?")]
    [InlineData("openai", "openai-b32 or ")]
    [InlineData("dog", "'pureclip models'")]
    public void An_unknown_name_gets_a_suggestion(string name, string suggestion) =>
        _home.Run("get", name).AssertFails(1, name, suggestion);

    [Theory]
    [InlineData("openai-b32", "'pureclip get openai-b32' fetches it (605 MB, licence: apache-2.0)")]
    [InlineData("ViT-L/14", "'pureclip get ViT-L/14' fetches it")]
    [InlineData("openai/clip-vit-base-patch32", "'pureclip get openai/clip-vit-base-patch32'")]
    [InlineData("someone/else", "'pureclip get someone/else' fetches it if the hub has it")]
    [InlineData("openai-b33", "Did you mean openai-b32?")]
    public void A_model_that_is_not_here_names_the_command_that_gets_it(string name, string advice) =>
        _home.Run("embed", CommandLine.Cat, "--model", name).AssertFails(1, name, advice);

    [Fact]
    public void The_list_shows_what_is_here_and_what_is_read()
    {
        JsonElement[] models = _home.Run("get", "--list").Lines;
        Assert.Equal(models.Select(model => model.GetRawText()), _home.Run("models").Lines.Select(model => model.GetRawText()));
        JsonElement model = models.Single(model => model.GetProperty("name").GetString() == "openai-b32");
        Assert.True(model.GetProperty("is_read").GetBoolean());
        Assert.Equal(63.32, model.GetProperty("imagenet_top1").GetDouble());
        Assert.All(_home.Run("models", "--read").Lines, line => Assert.Equal(JsonValueKind.Null, line.GetProperty("refusal").ValueKind));
        Assert.Matches(@"openai-b32 +605 +224 +en +apache-2.0 +63.3 +reads", _home.Run("models", "--format", "table").Output);
    }

    [Fact]
    public void The_note_of_its_source_says_what_was_fetched()
    {
        _home.Run("get", Repository);
        using JsonDocument note = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_home.Models, Repository, "source.json")));
        JsonElement weights = note.RootElement.GetProperty("files").EnumerateArray()
            .Single(file => file.GetProperty("path").GetString() == "model.safetensors");
        Assert.Equal("mit", note.RootElement.GetProperty("licence").GetString());
        Assert.Equal(Repository, note.RootElement.GetProperty("repository").GetString());
        Assert.Equal(64, weights.GetProperty("sha256").GetString()!.Length);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", note.RootElement.GetProperty("fetched").GetString());
    }

    [Fact]
    public void A_pretended_address_is_an_error()
    {
        _home.Environment["HF_ENDPOINT"] = "not an address";
        _home.Run("get", Repository).AssertFails(2, "HF_ENDPOINT");
    }
}
