using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using PureClip.Server.Hosting;
using PureClip.Server.Load;

namespace PureClip.Server.Tests;

public sealed class LoadTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly string Picture = "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(ShippedModel.Picture("cat.png")));

    [Fact]
    public async Task A_full_queue_says_when_to_come_again()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { MaxInputs = 8, QueueInputs = 8 });
        Admission admission = server.Service<Admission>();
        using (admission.TakeInputs(7))
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/embeddings", """{"input":"a"}""")).Status);
            Answer refused = await server.PostAsync("/v1/embeddings", """{"input":["a","b"]}""");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Equal("rate_limit_exceeded", (string)refused.Json["error"]!["code"]!);
            Answer tei = await server.PostAsync("/embed", """{"inputs":["a","b"]}""");
            Assert.Equal("overloaded", (string)tei.Json["error_type"]!);
        }
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/embeddings", """{"input":["a","b"]}""")).Status);
        Assert.Equal(0, admission.Inputs);
        Assert.Contains("pureclip_server_refused", (await server.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_bounded_too()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { MaxBodyBytes = 1 << 20, QueueBytes = 1 << 20 });
        Admission admission = server.Service<Admission>();
        using (admission.TakeBytes(1 << 20))
            Assert.Equal(HttpStatusCode.TooManyRequests, (await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = Picture }.ToJsonString())).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = Picture }.ToJsonString())).Status);
        await UntilAsync(() => admission.Bytes == 0);
    }

    [Fact]
    public async Task Requests_are_bounded_in_bytes_inputs_and_pixels()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Options with { MaxBodyBytes = 4096, MaxInputs = 3, MaxPixels = 1000 });
        Answer large = await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = new string('a', 5000) }.ToJsonString());
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.Status);
        // In chunks, of which nobody says how many there will be; all that was sent is read, so that the answer is not lost with it.
        using (Socket chunks = Connect(server.Address))
        {
            chunks.Send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"u8);
            chunks.Send(Encoding.ASCII.GetBytes($"Transfer-Encoding: chunked\r\n\r\n1388\r\n{new string(' ', 5000)}\r\n"));
            Assert.StartsWith("HTTP/1.1 413", await ReadAsync(chunks), StringComparison.Ordinal);
        }
        Answer many = await server.PostAsync("/v1/embeddings", """{"input":["a","b","c","d"]}""");
        Assert.Equal(HttpStatusCode.BadRequest, many.Status);
        Assert.Contains("takes 3", many.Message, StringComparison.Ordinal);
        // a PNG whose header says 60,000 by 60,000: refused by its header, before anything is unpacked
        Answer bomb = await server.PostAsync("/v1/embeddings",
            new JsonObject { ["input"] = "data:image/png;base64," + Convert.ToBase64String(Bomb()) }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, bomb.Status);
    }

    [Fact]
    public async Task Who_hangs_up_leaves_the_queue()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Threads = 1 });
        Admission admission = server.Service<Admission>();
        string many = new JsonObject { ["input"] = new JsonArray([.. Enumerable.Range(0, 200).Select(_ => (JsonNode)Picture)]) }.ToJsonString();
        using CancellationTokenSource hangUp = new();
        Task<Answer>[] calls = [.. Enumerable.Range(0, 8).Select(_ => server.PostAsync("/v1/embeddings", many, hangUp.Token))];
        await UntilAsync(() => admission.Inputs >= 400);
        await hangUp.CancelAsync();
        foreach (Task<Answer> call in calls)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await UntilAsync(() => admission.Inputs == 0 && admission.Bytes == 0);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/embeddings", """{"input":"a"}""")).Status);
    }

    [Fact]
    public async Task Time_is_bounded()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Timeout = TimeSpan.FromSeconds(1) });
        using Socket slow = Connect(server.Address);
        slow.Send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"in"u8);
        string answer = await ReadAsync(slow);
        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Contains("longer than the 1 seconds", answer, StringComparison.Ordinal);
        await UntilAsync(() => server.Service<Admission>().Bytes == 0);
    }

    /// <summary>Slow clients hold connections and nothing else: they have sent nothing yet for which there had to be room.</summary>
    [Fact]
    public async Task Slow_clients_hold_nobody_up()
    {
        List<Socket> slow = [];
        try
        {
            for (int i = 0; i < 100; i++)
            {
                Socket one = Connect(shared.Server.Address);
                one.Send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{\"input\":"u8);
                slow.Add(one);
            }
            Assert.Equal(HttpStatusCode.OK, (await shared.Server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = Picture }.ToJsonString())).Status);
            Assert.True(shared.Server.Service<Admission>().Bytes < 4 << 20);
        }
        finally
        {
            slow.ForEach(one => one.Dispose());
        }
    }

    [Fact]
    public async Task Connections_are_bounded()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { MaxConnections = 2 });
        List<Socket> open = [];
        try
        {
            for (int i = 0; i < 3; i++)
            {
                Socket one = Connect(server.Address);
                open.Add(one);
                one.Send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
                byte[] answer = new byte[1024];
                int length = 0;
                try
                {
                    length = await one.ReceiveAsync(answer);
                }
                catch (SocketException)
                {
                    // closed while its request was unread
                }
                Assert.Equal(i < 2, length > 0);
            }
        }
        finally
        {
            open.ForEach(one => one.Dispose());
        }
    }

    /// <summary>Connections that say nothing, half a request, or half a body, do not keep the server from ending.</summary>
    [Fact]
    public async Task Half_of_a_request_does_not_keep_the_server_from_ending()
    {
        RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Timeout = TimeSpan.FromHours(1) });
        List<Socket> open = [];
        try
        {
            for (int i = 0; i < 40; i++)
            {
                open.Add(Connect(server.Address));
                if (i % 2 == 0)
                    open[i].Send("POST /v1/embeddings HTTP/1.1\r\nHost: loc"u8);
            }
            Socket half = Connect(server.Address);
            open.Add(half);
            half.Send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"in"u8);
            // Connections are taken in their order: once the last one is answered, the server has them all.
            Socket last = Connect(server.Address);
            open.Add(last);
            last.Send("GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            Assert.StartsWith("HTTP/1.1 404", await ReadAsync(last), StringComparison.Ordinal);
            Task end = server.DisposeAsync().AsTask();
            string answer = await ReadAsync(half);
            Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
            Assert.Contains("shutting down", answer, StringComparison.Ordinal);
            await end.WaitAsync(TimeSpan.FromMinutes(2));
        }
        finally
        {
            open.ForEach(one => one.Dispose());
        }
    }

    /// <summary>The whole program, as a service manager ends it: what runs is answered, what comes later finds nobody, and the code is 0.</summary>
    [Fact]
    public async Task Sigterm_drains()
    {
        if (OperatingSystem.IsWindows())
            return; // there is no SIGTERM
        using Process program = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", typeof(ServerApp).Assembly.Location, "--model", ShippedModel.Path, "--port", "0", "--threads", "1"])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            string? line;
            do
                line = await program.StandardOutput.ReadLineAsync();
            while (line is not null && !line.Contains("listening on", StringComparison.Ordinal));
            _ = program.StandardOutput.ReadToEndAsync();
            using HttpClient client = new() { BaseAddress = new(line![line!.IndexOf("http:", StringComparison.Ordinal)..].Trim()), Timeout = TimeSpan.FromMinutes(2) };
            using StringContent many = new(
                new JsonObject { ["input"] = new JsonArray([.. Enumerable.Range(0, 300).Select(_ => (JsonNode)Picture)]) }.ToJsonString(), null, "application/json");
            Task<HttpResponseMessage> running;
            bool isSeen = false;
            do // until the metrics show it under way: a machine that is busy elsewhere may end it before
            {
                running = client.PostAsync("/v1/embeddings", many);
                while (!isSeen && !running.IsCompleted)
                    isSeen = (await client.GetStringAsync("/metrics")).Split('\n').Any(static metric =>
                        metric.StartsWith("pureclip_server_queue_inputs", StringComparison.Ordinal)
                        && metric.Contains("} 300", StringComparison.Ordinal));
            }
            while (!isSeen);
            using Process kill = Process.Start("kill", ["-TERM", program.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using HttpResponseMessage response = await running;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(300, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["data"]!.AsArray().Count);
            await program.WaitForExitAsync();
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            if (!program.HasExited)
                program.Kill();
        }
    }

    private static byte[] Bomb()
    {
        byte[] png = File.ReadAllBytes(ShippedModel.Picture("cat.png"));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 60_000);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), 60_000);
        uint crc = uint.MaxValue;
        foreach (byte one in png.AsSpan(12, 17))
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~crc);
        return png;
    }

    private static Socket Connect(Uri address)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, address.Port);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        StringBuilder text = new();
        while (!text.ToString().Contains("}}", StringComparison.Ordinal) && await socket.ReceiveAsync(buffer) is > 0 and int length)
            text.Append(Encoding.ASCII.GetString(buffer, 0, length));
        return text.ToString();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 3000, "it did not come to that");
            await Task.Delay(20);
        }
    }
}
